package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// Stand-ins for the commands that change trust stores. certutil keeps a certificate as a file
// in the database's folder; sudo runs nothing, and keeps what it was told.
const (
	fakeCertutil = `#!/bin/sh
mode=$1; shift
while [ $# -gt 0 ]; do
  case $1 in
    -d) dir=${2#sql:}; shift ;;
    -n) name=$2; shift ;;
    -i) file=$2; shift ;;
    -t | -u) shift ;;
  esac
  shift
done
case $mode in
  -N) : >"$dir/cert9.db" ;;
  -A) /bin/cp "$file" "$dir/$name" ;;
  -V) test -f "$dir/$name" ;;
  -D) /bin/rm "$dir/$name" ;;
  *) exit 9 ;;
esac
`
	fakeSudo = `#!/bin/sh
echo "$@" >>"$SUDO_LOG"
if [ "$2" = tee ]; then /bin/cat >>"$SUDO_LOG"; fi
`
	failingSudo = `#!/bin/sh
echo "sudo: a password is required" >&2
exit 1
`
)

// ownMachine gives a test a home of its own, with a quote in its path, and of the commands
// that change trust stores these alone.
func ownMachine(t *testing.T, commands map[string]string) (home string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the stores of other systems are in other places")
	}
	home, path := filepath.Join(t.TempDir(), "it's home"), t.TempDir()
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, script := range commands {
		if err := os.WriteFile(filepath.Join(path, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", path)
	t.Setenv("HOME", home)
	t.Setenv("JAVA_HOME", "")
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv(state.EnvFolder, "")
	t.Setenv("SUDO_LOG", filepath.Join(home, "sudo.log"))
	return home
}

// command runs a command line in a process of its own: where trust stores are is fixed when it
// starts.
func command(t *testing.T, args ...string) (status int, out, problems string) {
	t.Helper()
	var told, wrong bytes.Buffer
	status = runAlone(t)(args, &told, &wrong)
	return status, told.String(), wrong.String()
}

func TestTrustPutsTheAuthorityIntoTheStoresAndUntrustTakesItOut(t *testing.T) {
	home := ownMachine(t, map[string]string{"certutil": fakeCertutil, "sudo": fakeSudo})
	profile := filepath.Join(home, ".mozilla", "firefox", "abc.default")
	if err := os.MkdirAll(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "cert9.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	databases := []string{profile, filepath.Join(home, ".pki", "nssdb")}
	file := filepath.Join(home, ".local", "state", "smartlake", "ca", "certificate.pem")
	for range 2 {
		status, out, problems := command(t, "local", "trust")
		if want := "Certificate authority: " + file + "\n  system  trusts it\n  nss     trusts it\n\nLines for clients"; status != 0 || problems != "" || !strings.HasPrefix(out, want) {
			t.Fatalf("%d %s\n%s\nwant %s", status, problems, out, want)
		}
		certificate := certificateIn(t, file)
		for _, database := range databases {
			found, err := filepath.Glob(filepath.Join(database, "Smartlake local cloud *"))
			if err != nil || len(found) != 1 || !certificateIn(t, found[0]).Equal(certificate) {
				t.Errorf("%s has %v, %v", database, found, err)
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		told := sudoWasTold(t, home)
		if !strings.HasPrefix(told, "-- tee /") || !strings.Contains(told, "\n"+string(text)+"-- ") || strings.Contains(told+out, "PRIVATE") {
			t.Errorf("sudo was told %s", told)
		}
	}
	for range 2 {
		status, out, problems := command(t, "local", "untrust")
		if want := "Certificate authority: " + file + "\n  system  does not trust it\n  nss     does not trust it\n"; status != 0 || problems != "" || out != want {
			t.Fatalf("%d %s\n%s", status, problems, out)
		}
		for _, database := range databases {
			if found, err := filepath.Glob(filepath.Join(database, "Smartlake*")); err != nil || len(found) > 0 {
				t.Errorf("%s still has %v, %v", database, found, err)
			}
		}
		if told := sudoWasTold(t, home); !strings.HasPrefix(told, "-- rm -f /") {
			t.Errorf("sudo was told %s", told)
		}
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the authority is gone: %v", err)
	}
}

func certificateIn(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s holds no PEM", file)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// sudoWasTold returns what sudo was told since the last time.
func sudoWasTold(t *testing.T, home string) string {
	t.Helper()
	log := filepath.Join(home, "sudo.log")
	text, err := os.ReadFile(log)
	if err := errors.Join(err, os.Remove(log)); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTrustTellsWhatCouldNotBeDoneAndDoesTheRest(t *testing.T) {
	home := ownMachine(t, map[string]string{"sudo": failingSudo})
	status, out, problems := command(t, "local", "trust", "--store", "system,nss,java")
	if status != statusFailed || problems != "smartlake: not everything trusts the local cloud: system, nss, java\n" {
		t.Errorf("%d %s", status, problems)
	}
	for _, want := range []string{
		"\n  system  not done: ", "sudo: a password is required; it needs the rights of root",
		"\n  nss     not done: certutil is missing; install it with \"apt install libnss3-tools\" or \"yum install nss-tools\", and run this again\n",
		"\n  java    not done: JAVA_HOME: \"\": must be the folder of a Java installation with bin/keytool\n",
		"\nexport NODE_EXTRA_CA_CERTS=",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if err := os.WriteFile(filepath.Join(os.Getenv("PATH"), "certutil"), []byte(fakeCertutil), 0o700); err != nil {
		t.Fatal(err)
	}
	status, out, problems = command(t, "local", "trust")
	if status != statusFailed || !strings.Contains(out, "\n  nss     trusts it\n") || problems != "smartlake: not everything trusts the local cloud: system\n" {
		t.Errorf("%d %s\n%s", status, problems, out)
	}
	status, out, problems = command(t, "local", "untrust")
	if status != statusFailed || !strings.Contains(out, "\n  nss     does not trust it\n") || problems != "smartlake: could not be changed: system\n" {
		t.Errorf("%d %s\n%s", status, problems, out)
	}
	if found, err := filepath.Glob(filepath.Join(home, ".pki", "nssdb", "Smartlake*")); err != nil || len(found) > 0 {
		t.Errorf("left: %v %v", found, err)
	}
}

func TestTheLinesOfTrustNameTheCertificateInAShell(t *testing.T) {
	home := ownMachine(t, map[string]string{"certutil": fakeCertutil})
	_, out, _ := command(t, "local", "trust", "--store", "nss")
	_, lines, found := strings.Cut(out, "\n\nLines for clients that have a list of their own:\n\n")
	if !found {
		t.Fatalf("got %s", out)
	}
	const script = `keytool() { echo "$6"; }
. /dev/stdin
echo "$NODE_EXTRA_CA_CERTS
$CURL_CA_BUNDLE
$REQUESTS_CA_BUNDLE
$SSL_CERT_FILE"`
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-ec", script)
	shell.Stdin = strings.NewReader(lines)
	told, err := shell.CombinedOutput()
	file := filepath.Join(home, ".local", "state", "smartlake", "ca", "certificate.pem")
	if want := strings.Repeat(file+"\n", 5); err != nil || string(told) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, told, want)
	}
}

func TestUntrustWithoutAnAuthorityDoesNothing(t *testing.T) {
	home := ownMachine(t, map[string]string{"certutil": fakeCertutil, "sudo": fakeSudo})
	status, out, problems := command(t, "local", "untrust")
	if status != 0 || out != "Nothing to do: you have no certificate authority for local clouds.\n" || problems != "" {
		t.Errorf("%d %s %s", status, out, problems)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("it made %v, %v", left, err)
	}
}

func TestTrustRefusesWhatItCannotUse(t *testing.T) {
	for _, name := range []string{"trust", "untrust"} {
		for _, c := range []struct{ folder, store, want string }{
			{"", "firefox", `--store: "firefox": must be one of system, nss, java`},
			{"", "", `--store: "": must have a value; look at the command or variable that it comes from`},
			{"state", "nss", `SMARTLAKE_STATE_DIR: "state": must be an absolute path`},
		} {
			ownMachine(t, nil)
			t.Setenv(state.EnvFolder, c.folder)
			_, _, err := execute(t, "local", name, "--store", c.store)
			if err == nil || err.Error() != c.want || statusOf(err) != statusCannotRun {
				t.Errorf("%s: got %v, want %s", name, err, c.want)
			}
		}
	}
	if _, err := os.Stat("state"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if out, _, err := execute(t, "__complete", "local", "trust", "--store", ""); err != nil || out != "system\nnss\njava\n:4\n" {
		t.Errorf("completed %q, %v", out, err)
	}
}
