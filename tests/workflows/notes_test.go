package workflows_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// changes is a repository with a change log, a list of the exported API and the script that
// makes notes of them.
type changes struct{ dir string }

func newChanges(t *testing.T) changes {
	t.Helper()
	c := changes{filepath.Join(t.TempDir(), "changes")}
	c.git(t, ".", "init", "--quiet", "--initial-branch=main", c.dir)
	c.write(t, "build/scripts/notes", text(t, filepath.Join(root, "build/scripts/notes")))
	return c
}

func (c changes) git(t *testing.T, in string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.org"}, args...)...)
	command.Dir = in
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func (c changes) write(t *testing.T, path, content string) {
	t.Helper()
	path = filepath.Join(c.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil { // the script is run
		t.Fatal(err)
	}
}

// commit a change log, the exported API, and a tag; none where it is empty.
func (c changes) commit(t *testing.T, log, api, tag string) {
	t.Helper()
	c.write(t, "CHANGELOG.md", log)
	c.write(t, "tests/api/testdata/smart.txt", api)
	c.git(t, c.dir, "add", "--all")
	c.git(t, c.dir, "commit", "--quiet", "--allow-empty", "--message=A change")
	if tag != "" {
		c.git(t, c.dir, "tag", tag)
	}
}

// notes of a version: what the script prints, and its complaint.
func (c changes) notes(t *testing.T, version string) (string, string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(c.dir, "build", "scripts", "notes"), version)
	var complaint strings.Builder
	command.Stderr = &complaint
	out, err := command.Output()
	if (err != nil) != (complaint.Len() > 0) || err != nil && len(out) > 0 {
		t.Errorf("%s: error %v with %q and %q", version, err, out, complaint.String())
	}
	return string(out), strings.TrimSuffix(strings.TrimPrefix(complaint.String(), "build/scripts/notes: "), "\n")
}

func TestTheNotesOfAReleaseAreItsSectionOfTheChangelog(t *testing.T) {
	c := newChanges(t)
	c.commit(t, `# Changelog

## Unreleased

- Not this.

## v1.2.3 (2027-01-31)

Read [how to upgrade](docs/how-to/upgrade.md#how-to-upgrade) and [SMART](https://hl7.org/fhir/smart-app-launch/).

### Added

- A [thing](#v123-2027-01-31).

## v1.2.3-rc.1

### Fixed

- Nor this.
`, "", "")
	want := `Read [how to upgrade](https://github.com/smartlake/pulumi-smartlake/blob/v1.2.3/docs/how-to/upgrade.md#how-to-upgrade) and [SMART](https://hl7.org/fhir/smart-app-launch/).

### Added

- A [thing](#v123-2027-01-31).
`
	if got, complaint := c.notes(t, "v1.2.3"); got != want || complaint != "" {
		t.Errorf("got\n%s\nwant\n%s\ncomplaint %q", got, want, complaint)
	}
	if got, complaint := c.notes(t, "v1.2.3-rc.1"); got != "### Fixed\n\n- Nor this.\n" || complaint != "" {
		t.Errorf("of the pre-release: got %q, complaint %q", got, complaint)
	}
}

func TestAVersionWithoutNotesIsRefused(t *testing.T) {
	c := newChanges(t)
	c.commit(t, "# Changelog\n\n## Unreleased\n\n- New.\n\n## v1.0.1\n\n### Added\n\n## v1.0.0\n\n- Old.\n", "", "")
	for version, want := range map[string]string{
		"v1.0.2":   `CHANGELOG.md: no heading "## v1.0.2": say what is new in it`,
		"v1.0":     `CHANGELOG.md: no heading "## v1.0": say what is new in it`,
		"v1.0.1":   `CHANGELOG.md: nothing below "## v1.0.1": say what is new in it`,
		"main":     `version: "main": must be v and a semantic version, such as v1.2.3`,
		"v1.0.0\n": "version: \"v1.0.0\n\": must be v and a semantic version, such as v1.2.3",
		"v1.0.0/x": `version: "v1.0.0/x": must be v and a semantic version, such as v1.2.3`,
	} {
		if _, complaint := c.notes(t, version); complaint != want {
			t.Errorf("%q: complaint %q, want %q", version, complaint, want)
		}
	}
}

// TestAReleaseThatBreaksTheAPISaysSo compares the list of the exported API with that of the
// last tag before the commit: what the list gains needs no word of a change.
func TestAReleaseThatBreaksTheAPISaysSo(t *testing.T) {
	const added, changed, removed = "### Added\n\n- A.\n", "### Changed\n\n- B.\n", "### Removed\n\n- C.\n"
	const refused = `CHANGELOG.md: "## v1.1.0" has neither "### Changed" nor "### Removed", and the API or command line of v1.0.0 lost or changed this: func Two(int)`
	for _, c := range []struct{ what, api, section, want string }{
		{"the same API", "func One()\nfunc Two(int)\n", added, ""},
		{"a new function", "func One()\nfunc Three()\nfunc Two(int)\n", added, ""},
		{"a function that changed", "func One()\nfunc Two(string)\n", added, refused},
		{"a function that is gone", "func One()\n", added, refused},
		{"a change that is told", "func One()\nfunc Two(string)\n", added + "\n" + changed, ""},
		{"a removal that is told", "func One()\n", removed, ""},
		{"a change that is told of another version", "func One()\n", added + "\n## v1.0.9\n\n" + changed, refused},
	} {
		t.Run(c.what, func(t *testing.T) {
			repository := newChanges(t)
			repository.commit(t, "# Changelog\n\n## v1.0.0\n\n- First.\n", "func One()\nfunc Two(int)\n", "v1.0.0")
			repository.commit(t, "# Changelog\n\n## v1.1.0\n\n"+c.section+"\n## v1.0.0\n\n- First.\n", c.api, "v1.1.0") // the tag whose release this is
			if _, complaint := repository.notes(t, "v1.1.0"); complaint != c.want {
				t.Errorf("complaint %q, want %q", complaint, c.want)
			}
		})
	}
}

// TestTheReleasePublishesItsNotes holds the workflow's last step against the file that
// build/scripts/release writes.
func TestTheReleasePublishesItsNotes(t *testing.T) {
	publish := readWorkflows(t)["release.yml"].Jobs["publish"].Steps
	if last := publish[len(publish)-1].Run; !strings.Contains(last, "--notes-file dist/RELEASE-NOTES.md") || strings.Contains(last, "--generate-notes") {
		t.Errorf("the release is published with other notes:\n%s", last)
	}
	if made := `printf '%s\n' "$notes" >"$out/RELEASE-NOTES.md"`; !strings.Contains(text(t, filepath.Join(root, "build/scripts/release")), made) {
		t.Errorf("build/scripts/release does not have %s", made)
	}
}
