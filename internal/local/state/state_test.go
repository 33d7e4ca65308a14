package state_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// inFolder makes the state folder one of the test's own, and returns its path.
func inFolder(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state", "smartlake")
	t.Setenv(state.EnvFolder, path)
	return path
}

func open(t *testing.T) *state.Folder {
	t.Helper()
	folder, err := state.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	return folder
}

// cloud opens the state of a stack; end closes it.
func cloud(t *testing.T, project, stack string) (kept *state.Cloud, end func()) {
	t.Helper()
	kept, err := open(t).Cloud(project, stack)
	if err != nil {
		t.Fatal(err)
	}
	end = func() {
		if err := kept.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	}
	t.Cleanup(end)
	return kept, end
}

func TestTheFolderIsWhereTheUserOrTheBaseDirectorySpecificationSays(t *testing.T) {
	home := t.TempDir()
	for _, c := range []struct{ name, own, xdg, home, want, problem string }{
		{name: "the user's variable", own: home + "/own", xdg: home + "/xdg", home: home, want: home + "/own"},
		{name: "XDG_STATE_HOME", xdg: home + "/xdg", home: home, want: home + "/xdg/smartlake"},
		{name: "a relative XDG_STATE_HOME counts for nothing", xdg: "xdg", home: home, want: home + "/.local/state/smartlake"},
		{name: "neither", home: home, want: home + "/.local/state/smartlake"},
		{name: "a relative path", own: "own", home: home, problem: `SMARTLAKE_STATE_DIR: "own": must be an absolute path`},
		{name: "no home", problem: `HOME: "": names no folder for the local cloud's state; set SMARTLAKE_STATE_DIR to a folder of yours`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(state.EnvFolder, c.own)
			t.Setenv("XDG_STATE_HOME", c.xdg)
			t.Setenv("HOME", c.home)
			folder, err := state.Open()
			if c.problem != "" {
				if err == nil || err.Error() != c.problem {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || folder.Path() != c.want {
				t.Fatalf("%v %v", folder, err)
			}
			if err := folder.Close(); err != nil {
				t.Error(err)
			}
			if about, err := os.Stat(c.want); err != nil || about.Mode() != fs.ModeDir|0o700 {
				t.Errorf("%v %v", about, err)
			}
		})
	}
}

func TestNobodyElseCanReadAnythingOfTheFolder(t *testing.T) {
	path := inFolder(t)
	kept, _ := cloud(t, t.TempDir(), "dev")
	if err := kept.Write("key.pem", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.StartRun(); err != nil {
		t.Fatal(err)
	}
	var files int
	err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		about, err := entry.Info()
		if err == nil && about.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %o", path, about.Mode())
		}
		files++
		return err
	})
	if err != nil || files != 11 { // five folders; cloud.json, key.pem and lock; authority.pem, certificate.pem and lock
		t.Errorf("%d entries, %v", files, err)
	}
}

// What would let another user read or change the state is refused, wherever it stands.
func TestAFolderThatOthersCanEnterOrThatIsALinkIsRefused(t *testing.T) {
	folder := func(path string) string { return path }
	for _, c := range []struct {
		name  string
		of    func(top string) string // what is spoilt, in a folder that was good
		spoil func(path string) error
		want  string
	}{
		{"the folder open to others", folder, func(path string) error { return os.Chmod(path, 0o755) }, `mode 0755: other users can use it; run chmod 700 '%s'`},
		{"the folder a group may enter", folder, func(path string) error { return os.Chmod(path, 0o710) }, `mode 0710: other users can use it`},
		{"a link in the folder's place", folder, byLink, "a symbolic link: must be the folder itself"},
		{"a file in the folder's place", folder, byFile, "must be a folder"},
		{"the clouds open to others", clouds, func(path string) error { return os.Chmod(path, 0o750) }, "mode 0750: other users can use it"},
		{"a link in the clouds' place", clouds, byLink, "a symbolic link: must be the folder itself"},
		{"a cloud open to others", one, func(path string) error { return os.Chmod(path, 0o777) }, "mode 0777: other users can use it"},
		{"a link in a cloud's place", one, byLink, "a symbolic link: must be the folder itself"},
		{"a file that others can read", file, func(path string) error { return os.Chmod(path, 0o644) }, `mode 0644: other users can use it; run chmod 600 '%s'`},
		{"a link in a file's place", file, byLink, "a symbolic link: must be the file itself"},
		{"a folder in a file's place", file, byFolder, "must be a file"},
		{"the authority's folder open to others", ca, func(path string) error { return os.Chmod(path, 0o755) }, "mode 0755: other users can use it"},
		{"a link in the place of the authority's folder", ca, byLink, "a symbolic link: must be the folder itself"},
		{"an authority's key that others can read", caKey, func(path string) error { return os.Chmod(path, 0o640) }, "mode 0640: other users can use it"},
		{"a link in the place of the authority's key", caKey, byLink, "a symbolic link: must be the file itself"},
		{"a lock that others can take", lockFile, func(path string) error { return os.Chmod(path, 0o666) }, "mode 0666: other users can use it"},
		{"a link in the lock's place", lockFile, byLink, "a symbolic link: must be the file itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			top, project := inFolder(t), t.TempDir()
			_, end := cloud(t, project, "dev")
			end()
			spoilt := c.of(top)
			if err := c.spoil(spoilt); err != nil {
				t.Fatal(err)
			}
			err := reopen(project)
			if want := spoilt + ": " + strings.ReplaceAll(c.want, "%s", spoilt); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func reopen(project string) error {
	folder, err := state.Open()
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	kept, err := folder.Cloud(project, "dev")
	if err != nil {
		return err
	}
	return kept.Close()
}

func clouds(top string) string { return filepath.Join(top, "clouds") }

func one(top string) string {
	entries, err := os.ReadDir(clouds(top))
	if err != nil || len(entries) != 1 {
		panic("not one cloud")
	}
	return filepath.Join(clouds(top), entries[0].Name())
}

func file(top string) string { return filepath.Join(one(top), "cloud.json") }

func ca(top string) string { return filepath.Join(top, "ca") }

func caKey(top string) string { return filepath.Join(ca(top), "authority.pem") }

func lockFile(top string) string { return filepath.Join(one(top), "lock") }

// byLink puts a link in the place of what it leads to.
func byLink(path string) error {
	return errors.Join(os.Rename(path, path+".moved"), os.Symlink(filepath.Base(path)+".moved", path))
}

func byFile(path string) error {
	return errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o600))
}

func byFolder(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }

func TestAFolderOfAnotherUserIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder to another user")
	}
	top, project := inFolder(t), t.TempDir()
	_, end := cloud(t, project, "dev")
	end()
	for _, path := range []string{top, clouds(top), one(top), file(top), ca(top), caKey(top)} {
		if err := os.Lchown(path, 65534, 0); err != nil {
			t.Fatal(err)
		}
		if err := reopen(project); err == nil || !strings.Contains(err.Error(), path+": belongs to the user with the number 65534: must belong to you, 0") {
			t.Errorf("got %v", err)
		}
		if err := os.Lchown(path, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatACloudKeepsIsThereAgain(t *testing.T) {
	inFolder(t)
	project := t.TempDir()
	first, end := cloud(t, project, "dev")
	if first.Ports() != nil || !first.Kept() {
		t.Errorf("%v %t", first.Ports(), first.Kept())
	}
	secret := first.Secret("a client")
	if !regexp.MustCompile(`^[A-Z2-7]{52}$`).MatchString(secret) || first.Secret("another") == secret {
		t.Errorf("%q", secret)
	}
	if err := errors.Join(first.SetPorts([]int{20001, 20002}), first.Write("keys.pem", []byte("keys"))); err != nil {
		t.Fatal(err)
	}
	end()
	again, end := cloud(t, project, "dev")
	content, err := again.Read("keys.pem")
	if again.Secret("a client") != secret || !slices.Equal(again.Ports(), []int{20001, 20002}) || string(content) != "keys" || err != nil {
		t.Errorf("%q %v %q %v", again.Secret("a client"), again.Ports(), content, err)
	}
	if content, err := again.Read("others.pem"); content != nil || err != nil {
		t.Errorf("%q %v", content, err)
	}
	end()
	for _, other := range [][2]string{{project, "prod"}, {t.TempDir(), "dev"}} {
		kept, _ := cloud(t, other[0], other[1])
		if kept.Secret("a client") == secret || kept.Ports() != nil {
			t.Errorf("%v has the same", other)
		}
	}
}

func TestAProjectIsTheSameByWhateverPathItIsNamed(t *testing.T) {
	inFolder(t)
	project := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(project, link); err != nil {
		t.Fatal(err)
	}
	first, end := cloud(t, project, "dev")
	end()
	t.Chdir(project)
	for _, path := range []string{link, ".", project + "/./"} {
		again, end := cloud(t, path, "dev")
		if again.Secret("x") != first.Secret("x") {
			t.Errorf("%s has another state", path)
		}
		end()
	}
}

func TestFreshLeavesNothingOfTheFormer(t *testing.T) {
	inFolder(t)
	project := t.TempDir()
	former, end := cloud(t, project, "dev")
	if err := errors.Join(former.SetPorts([]int{20001}), former.Write("keys.pem", []byte("keys"))); err != nil {
		t.Fatal(err)
	}
	end()
	fresh, err := open(t).Fresh(project, "dev")
	if err != nil {
		t.Fatal(err)
	}
	content, err := fresh.Read("keys.pem")
	if fresh.Secret("x") == former.Secret("x") || fresh.Ports() != nil || content != nil || err != nil {
		t.Errorf("%v %q %v", fresh.Ports(), content, err)
	}
	if err := fresh.Close(); err != nil {
		t.Error(err)
	}
	again, _ := cloud(t, project, "dev")
	if again.Secret("x") != fresh.Secret("x") {
		t.Error("the fresh one was not kept")
	}
}

func TestAStateThatCannotBeReadNamesItsFileAndFresh(t *testing.T) {
	const key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRST"
	for text, want := range map[string]string{
		``:                             "no JSON that can be read",
		`{"version": 1`:                "no JSON that can be read",
		`[]`:                           "no JSON that can be read",
		`{"key": "` + key + `"}`:       "version: missing: must be 1",
		`{"version": 0}`:               "version: 0: written by another release of smartlake; must be 1",
		`{"version": 2, "keys": [1]}`:  "version: 2: written by another release of smartlake; must be 1",
		`{"version": 1, "kee": "x"}`:   `unknown field "kee"`,
		`{"version": 1, "key": "ABC"}`: "key: too short",
		`{"version": 1, "key": "` + key + `", "ports": [0]}`:    "ports: [0]: must be 1 to 65535",
		`{"version": 1, "key": "` + key + `", "ports": "many"}`: "cannot unmarshal string",
	} {
		top, project := inFolder(t), t.TempDir()
		_, end := cloud(t, project, "dev")
		end()
		path := file(top)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := reopen(project)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) ||
			!strings.HasSuffix(err.Error(), "; start once with --fresh, which makes new ids, secrets and ports") {
			t.Errorf("%s: got %v", text, err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != text {
			t.Errorf("%s: it was replaced by %s, %v", text, left, err)
		}
		fresh, err := open(t).Fresh(project, "dev")
		if err != nil {
			t.Fatalf("%s: not even a fresh one: %v", text, err)
		}
		if err := fresh.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOneProcessAtATimeHasACloud(t *testing.T) {
	inFolder(t)
	project := t.TempDir()
	folder := open(t)
	if dir, running, err := folder.Running(project, "dev"); dir != "" || running || err != nil {
		t.Errorf("before the first: %q %t %v", dir, running, err)
	}
	kept, end := cloud(t, project, "dev")
	dir, err := kept.StartRun()
	if err != nil {
		t.Fatal(err)
	}
	for what, open := range map[string]func(string, string) (*state.Cloud, error){"open": folder.Cloud, "fresh": folder.Fresh} {
		if _, err := open(project, "dev"); !errors.Is(err, state.ErrLocked) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if found, running, err := folder.Running(project, "dev"); found != dir || !running || err != nil {
		t.Errorf("got %q %t %v, want %q", found, running, err, dir)
	}
	end()
	if found, running, err := folder.Running(project, "dev"); found != dir || running || err != nil {
		t.Errorf("after the end: %q %t %v", found, running, err)
	}
	if err := reopen(project); err != nil {
		t.Errorf("after the end: %v", err)
	}
}

func TestTheCertificateStaysInTheRunFolderAndNothingElse(t *testing.T) {
	inFolder(t)
	kept, _ := cloud(t, t.TempDir(), "dev")
	for range 2 {
		dir, err := kept.StartRun()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{state.CertificateName, "outputs.json", "left-by-a-crash"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := kept.EndRun(); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 || entries[0].Name() != state.CertificateName {
			t.Errorf("left: %v %v", entries, err)
		}
	}
}

func TestAThrowawayLeavesNothingBehind(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	thrown := state.Throwaway()
	if err := errors.Join(thrown.SetPorts([]int{1}), thrown.Write("a", []byte("b"))); err != nil {
		t.Fatal(err)
	}
	content, err := thrown.Read("a")
	if thrown.Kept() || string(content) != "b" || err != nil || thrown.Secret("x") == state.Throwaway().Secret("x") {
		t.Errorf("%t %q %v", thrown.Kept(), content, err)
	}
	dir, err := thrown.StartRun()
	if err != nil || filepath.Dir(dir) != temporary {
		t.Errorf("%q %v", dir, err)
	}
	if err := thrown.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

func TestLookingUpMakesNothing(t *testing.T) {
	path := inFolder(t)
	if _, err := state.LookUp(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
