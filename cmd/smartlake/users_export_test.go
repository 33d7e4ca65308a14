package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUsersMoveToAnotherPoolByAFile exports the users of one pool and imports them into
// another one.
func TestUsersMoveToAnotherPoolByAFile(t *testing.T) {
	c := newClinic(t)
	c.does("dr.lee: created (custom:fhirUser, email, group clinicians)\n",
		"create", "dr.lee", "--email", "lee@example.org", "--fhir-user", "Practitioner/7", "--group", "clinicians")
	c.does("out: created (custom:patient, email)\n", "create", "out", "--email", "out@example.org", "--patient", "9")
	c.does("out: updated (disabled)\n", "disable", "out")
	path := filepath.Join(t.TempDir(), "staff.csv")
	if notes := c.does("", "export", path); notes != "Reading users ...\n2 users\n1 left out: disabled\n" {
		t.Errorf("got %q", notes)
	}
	const want = "username,email,patient,fhirUser,groups\n" +
		"ann,ann@example.org,patient-001,,patients\n" +
		"dr.lee,lee@example.org,,Practitioner/7,clinicians\n"
	if got := read(t, path); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	c.does(want, "export", "-")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the file: %v, %v", info, err)
	}
	if _, _, err := c.run("", "export", path); err == nil || !strings.Contains(err.Error(), "file exists") {
		t.Errorf("over an existing file: got %v", err)
	}
	if _, _, err := c.run("", "export", "-", "--attribute", "custom:patient"); statusOf(err) != statusCannotRun ||
		!strings.Contains(err.Error(), "--attribute custom:patient: must be an attribute of the user pool that can be changed") {
		t.Errorf("a column that no import takes: got %v", err)
	}

	other := newClinic(t)
	other.does("ann: updated (deleted)\n", "delete", "ann", "--yes")
	other.does("line 2  ann  created (custom:patient, email, group patients)\nline 3  dr.lee  created (custom:fhirUser, email, group clinicians)\n", "import", path)
	other.does(want, "export", "-")
	other.does("username  dr.lee\nstatus    FORCE_CHANGE_PASSWORD\nenabled   true\ngroups    clinicians\nclients   ward\n", "show", "dr.lee")
}
