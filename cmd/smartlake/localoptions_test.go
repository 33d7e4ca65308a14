package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestLocalIsQuietWhenAllWentWell(t *testing.T) {
	out, progress, err := execute(t, "local", "--once", "--quiet", "--dir", "../..")
	if err != nil || out != "" || progress != "" {
		t.Errorf("%v, %q, %q", err, out, progress)
	}
}

func TestLocalFailsAsAskedAndSaysSo(t *testing.T) {
	_, _, err := execute(t, "local", "--once", "--quiet", "--dir", "../..", "--fail", "clock-skew")
	if err == nil || !strings.Contains(err.Error(), "refused: token_expired") || statusOf(err) != statusFailed {
		t.Errorf("got %v", err)
	}
}

func TestLocalSaysWhatTheAppGotWhereTheValidatorWasNotAsked(t *testing.T) {
	out, _, err := execute(t, "local", "--once", "--dir", "../..", "--fail", "throttle")
	const want = "nothing: it did not ask\n    FAILED: the app got 429: "
	if err == nil || statusOf(err) != statusFailed || !strings.Contains(out, want) {
		t.Errorf("got %v and %s", err, out)
	}
}

func TestLocalRefusesWhatItCannotRun(t *testing.T) {
	for want, args := range map[string][]string{
		`--address: "0.0.0.0": must be a loopback address such as 127.0.0.1 or ::1`:   {"--address", "0.0.0.0"},
		`--address: "localhost": must be a loopback address such as 127.0.0.1 or ::1`: {"--address", "localhost"},
		`--fail: fault: "x": must be one of clock-skew, `:                             {"--fail", "throttle,x"},
		`seed: 3: there are no synthetic patients; use a stack with preloadSynthea`:   {"--seed", "3", "--stack", "prod"},
		`the FHIR server behind: "ftp://example.org": must be `:                       {"--fhir-url", "ftp://example.org"},
		`the FHIR server behind: must be the base URL `:                               {"--fhir-url", "https://ann:hunter2@example.org"},
		`load: testdata/none: open testdata/none: `:                                   {"--load", "testdata/none"},
		`none of the others can be; [fhir-url load] were all set`:                     {"--load", "x", "--fhir-url", "http://127.0.0.1:9"},
		`none of the others can be; [load seed] were all set`:                         {"--load", "x", "--seed", "3"},
		`none of the others can be; [json quiet] were all set`:                        {"--json", "--quiet"},
		`none of the others can be; [once watch] were all set`:                        {"--watch"},
		`none of the others can be; [once ready-file] were all set`:                   {"--ready-file", "ready.json"},
		`none of the others can be; [fresh once] were all set`:                        {"--fresh"},
	} {
		_, _, err := execute(t, append([]string{"local", "--once", "--dir", "../.."}, args...)...)
		if err == nil || !strings.Contains(err.Error(), want) || statusOf(err) != statusCannotRun {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}

func TestLocalListensAtAnyLoopbackAddress(t *testing.T) {
	for _, address := range []string{"::1", "127.0.0.2"} {
		out, _, err := execute(t, "local", "--once", "--dir", "../..", "--address", address)
		if err != nil || !strings.Contains(out, address) || strings.Contains(out, "https://127.0.0.1:") {
			t.Errorf("%v:\n%s", err, out)
		}
	}
}

// copyProject copies what a stack is configured with, to be changed.
func copyProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml"} {
		content, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWatchingStartsAgainAtTheSamePortsAndLeavesNothingBehind(t *testing.T) {
	dir, temporary := copyProject(t), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	file := filepath.Join(dir, "Pulumi.dev.yaml")
	original, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, problems bytes.Buffer
	root := rootCommand()
	root.SetArgs([]string{"local", "--watch", "--quiet", "--dir", dir})
	root.SetOut(writerFunc(func(text []byte) {
		out.Write(text)
		if strings.Count(out.String(), "\n") == 1 {
			write("config: {smartlake:protct: true, aws:region: us-east-1}\n") // wrong: it waits for the next
		} else {
			cancel()
		}
	}))
	root.SetErr(writerFunc(func(text []byte) {
		if problems.Write(text); strings.Contains(problems.String(), "no such key") {
			write(strings.Replace(string(original), "name: app", "name: renamed", 1))
		}
	}))
	if err := root.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^(https://127\.0\.0\.1:\d+/[A-Z2-7]{26}/)\n`).MatchString(out.String()) {
		t.Fatalf("printed %q", out.String())
	}
	if lines := strings.Fields(out.String()); len(lines) != 2 || lines[0] != lines[1] {
		t.Errorf("the page was at %v, want the same address twice", lines)
	}
	if want := "\nNot running: smartlake:protct: no such key; did you mean protect?\n"; problems.String() != want {
		t.Errorf("told %q, want %q", problems.String(), want)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestTheWaysToFailAreCompleted(t *testing.T) {
	for typed, want := range map[string]string{
		"key-set-":          "key-set-broken\nkey-set-garbage\nkey-set-slow\n:4\n",
		"throttle,unavaila": "throttle,unavailable\n:4\n",
	} {
		if out, _, err := execute(t, "__complete", "local", "--fail", typed); err != nil || out != want {
			t.Errorf("%s: %v: %q, want %q", typed, err, out, want)
		}
	}
}
