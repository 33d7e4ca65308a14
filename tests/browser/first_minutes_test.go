package browser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// developer is somebody who has a released smartlake, a browser and an empty folder, but no
// Go, no checkout and no AWS account.
type developer struct {
	smartlake    string // the released command line
	home, folder string
	environment  []string
}

// newDeveloper builds the command line as a release does, with the functions in it.
func newDeveloper(t *testing.T) *developer {
	t.Helper()
	d := &developer{home: t.TempDir(), folder: t.TempDir()}
	d.smartlake = filepath.Join(t.TempDir(), "smartlake")
	goRun(t, "run", "./internal/local/machine/generate", runtime.GOOS+"/"+runtime.GOARCH)
	goRun(t, "build", "-tags=carried", "-o", d.smartlake, "./cmd/smartlake")
	// The folders of the system hold certutil, but no Go.
	d.environment = []string{"HOME=" + d.home, "PATH=/usr/bin:/bin", "TMPDIR=" + t.TempDir()}
	return d
}

func goRun(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, out)
	}
}

func (d *developer) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, d.smartlake, args...)
	command.Dir, command.Env = d.folder, d.environment
	return command
}

// runs runs a command to its end, and returns what it prints for programs.
func (d *developer) runs(t *testing.T, args ...string) string {
	t.Helper()
	var problems bytes.Buffer
	command := d.command(t.Context(), args...)
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("smartlake %q: %v\n%s%s", args, err, out, problems.String())
	}
	return string(out)
}

// starts starts the local cloud and returns how to end it, as Ctrl-C does.
func (d *developer) starts(t *testing.T) (stop func()) {
	t.Helper()
	ready := filepath.Join(d.folder, "ready.json")
	var said bytes.Buffer
	command := d.command(context.WithoutCancel(t.Context()), "local", "--ready-file", ready)
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the local cloud ended with %v\n%s", err, said.String())
		}
	}
	t.Cleanup(stop)
	for limit := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(ready); err == nil {
			return stop
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			stopped = true
			t.Fatalf("the local cloud ended: %v\n%s", err, said.String())
		default:
		}
		if time.Now().After(limit) {
			t.Fatalf("the local cloud is not ready after a minute\n%s", said.String())
		}
	}
}

// configuredApp is how the developer configured the app, once.
type configuredApp struct {
	base, id string
}

func (d *developer) configures(t *testing.T, client string) configuredApp {
	t.Helper()
	var given map[string]string
	if err := json.Unmarshal([]byte(d.runs(t, "local", "env", "--client", client, "--format", "json")), &given); err != nil {
		t.Fatal(err)
	}
	if given["FHIR_BASE_URL"] == "" || given["CLIENT_ID"] == "" {
		t.Fatalf("the environment of the app: %v", given)
	}
	return configuredApp{given["FHIR_BASE_URL"], given["CLIENT_ID"]}
}

// launches has the patient sign in to the app, and returns which patient the app shows.
func (a configuredApp) launches(t *testing.T, ctx context.Context) string {
	t.Helper()
	run(t, ctx, append([]chromedp.Action{
		chromedp.Navigate(appOrigin + "/?" + url.Values{"iss": {a.base}, "clientId": {a.id}}.Encode()),
	}, fillIn("patient", "Local-patient-1")...)...)
	how, shown := ending(t, ctx)
	if how != "well" {
		t.Fatalf("the app says: %s", shown)
	}
	var got struct{ Read, User, FHIRUser string }
	if err := json.Unmarshal([]byte(shown), &got); err != nil {
		t.Fatal(err)
	}
	if got.Read == "" || got.FHIRUser != "Patient/"+got.Read {
		t.Errorf("the app shows %s", shown)
	}
	return got.Read
}

// Everything here is what a person does who has never seen Smartlake: no flag makes the browser
// kinder, and what was written into the app once holds after a restart.
func TestTheFirstMinutesOfAnAppsDeveloper(t *testing.T) {
	d := newDeveloper(t)
	d.runs(t, "local", "init")
	d.runs(t, "local", "trust", "--store", "nss")
	stop := d.starts(t)
	configured := d.configures(t, "app")
	serve(t, "testdata/fhirclient")
	ctx := newBrowser(t, chromedp.Env("HOME="+d.home))
	patient := configured.launches(t, ctx)

	stop()
	d.starts(t)
	if again := configured.launches(t, ctx); again != patient {
		t.Errorf("after a restart the app shows %s, not %s", again, patient)
	}

	d.runs(t, "local", "untrust", "--store", "nss")
	distrusting := newBrowser(t, chromedp.Env("HOME="+d.home))
	err := chromedp.Run(distrusting, chromedp.Navigate(configured.base+"/metadata"))
	if err == nil || !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
		t.Errorf("without trust the browser says %v", err)
	}
}
