package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func execute(t *testing.T, args ...string) (out, progress string, err error) {
	t.Helper()
	return executeWith(t, strings.NewReader(""), args...)
}

// executeWith gives the command a standard input.
func executeWith(t *testing.T, stdin io.Reader, args ...string) (out, progress string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	err = root.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

func TestLocalOnceWalksAndEnds(t *testing.T) {
	const all = "10 steps passed, and 2 requests were refused as expected."
	for door, wanted := range map[string][]string{
		"none": {
			" 1  app        → HealthLake", " 4  Cognito    → app", " 9  validator  → HealthLake", "10  HealthLake → app",
			"R1  app        → HealthLake  no token: 403", "R2  app        → HealthLake  a tampered token: 401",
			"signed with AWS credentials: HealthLake documents no other way", all,
		},
		"{}": {
			" 1  app        → front door", " 4  front door → app", " 9  validator  → HealthLake", "10  front door → app",
			"R1  app        → front door  no token: 401", "R2  app        → front door  a tampered token: 401", all,
		},
	} {
		out, _, err := execute(t, "local", "--once", "--dir", "../..", "--config", "frontDoor="+door)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wanted {
			if !strings.Contains(out, want) {
				t.Errorf("frontDoor=%s: the output lacks %q:\n%s", door, want, out)
			}
		}
	}
}

func TestLocalStaysUpUntilItIsEnded(t *testing.T) {
	for what, door := range map[string]string{"with a front door": "{}", "without": "none"} {
		t.Run(what, func(t *testing.T) { staysUpUntilItIsEnded(t, door) })
	}
}

func staysUpUntilItIsEnded(t *testing.T, door string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr bytes.Buffer
	root := rootCommand()
	root.SetArgs([]string{"local", "--dir", "../..", "--config", "frontDoor=" + door})
	root.SetOut(writerFunc(func(text []byte) {
		stdout.Write(text)
		if _, pasted, ok := strings.Cut(string(text), "Try it"); ok {
			_, pasted, _ = strings.Cut(pasted, "\n")
			paste(t, pasted)
			cancel()
		}
	}))
	root.SetErr(&stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FHIR base URL   https://127.0.0.1:", "\nClients:\n  app  code  ", "\n  etl  client_credentials  "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, stdout.String())
		}
	}
	tokens := "Hosted domain"
	if door != "none" {
		tokens = "FHIR base URL"
	}
	checkURLs(t, stdout.String(), tokens)
}

// checkURLs holds the URLs of the commands against those of the endpoints. Tokens come from
// the host of one of them.
func checkURLs(t *testing.T, out, tokens string) {
	t.Helper()
	label := func(name string) string {
		_, rest, _ := strings.Cut(out, "\n"+name+" ")
		line, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(line)
	}
	_, tried, _ := strings.Cut(out, "Try it")
	got := regexp.MustCompile(`https://[^\s']+`).FindAllString(tried, -1)
	want := []string{label("Discovery"), strings.TrimSuffix(label(tokens), "/r4") + "/oauth2/token", label("FHIR base URL") + "/Patient?_count=3"}
	if !slices.Equal(got, want) {
		t.Errorf("the commands go to %v, want %v", got, want)
	}
	for _, part := range []string{"--cacert '" + label("Certificate") + "'", "-d grant_type=client_credentials", "--data-urlencode 'scope=system/*.*'"} {
		if !strings.Contains(tried, part) {
			t.Errorf("the commands lack %q:\n%s", part, tried)
		}
	}
}

// paste runs the commands in a shell, if they can be run here.
func paste(t *testing.T, commands string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("no curl to run the commands with")
		return
	}
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-ec", commands).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"total":100`) {
		t.Errorf("the commands, pasted, answer %v: %s", err, out)
	}
}

type writerFunc func([]byte)

func (w writerFunc) Write(text []byte) (int, error) {
	w(text)
	return len(text), nil
}

func TestLocalSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name       string
		args       []string
		want       string
		afterBuild bool
	}{
		{"no such stack", []string{"--stack", "none"}, "Pulumi.none.yaml: missing or without configuration", false},
		{"a port out of range", []string{"--port", "70000"}, "--port: 70000: must be 1 to 65532", false},
		{"no pair", []string{"--config", "protect"}, `--config: "protect": must be key=value`, false},
		{"a bad type", []string{"--config", "protect=maybe"}, `smartlake:protect: "maybe": must be true or false`, false},
		{"bad JSON", []string{"--config", "smartlake:clients=[{"}, `smartlake:clients: the JSON text does not end`, false},
		{"an unknown key", []string{"--config", "smartlake:protct=true"}, "smartlake:protct: no such key; did you mean protect?", false},
		{"an architecture", []string{"--config", "function.architecture=arm64"}, "--config: function.architecture: the local run takes that of this machine; leave it out", false},
		{"an architecture by its full key", []string{"--config", "smartlake:function.architecture=arm64"}, "--config: function.architecture: the local run takes that of this machine; leave it out", false},
		{"an architecture within its group", []string{"--config", `function={"architecture": "arm64"}`}, "--config: function.architecture: the local run takes that of this machine; leave it out", false},
		{"no such folder", []string{"--dir", "/no/such/folder"}, "/no/such/folder: no such folder", false},
		{"a bad value", []string{"--config", "userPool.mfa=MAYBE"}, `userPool.mfa: "MAYBE": must be one of OFF, OPTIONAL, ON`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, progress, err := execute(t, append([]string{"local", "--once", "--dir", "../.."}, c.args...)...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if built := strings.Contains(progress, "Building"); built != c.afterBuild {
				t.Errorf("built: %t, want %t", built, c.afterBuild)
			}
		})
	}
}

// failingArchive is a function that ends at once.
func failingArchive(t *testing.T) string {
	t.Helper()
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(entry, "#!/bin/sh\nexit 1\n"); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOnlyWhatTheStackWantsIsBuilt(t *testing.T) {
	archive := failingArchive(t)
	const trigger = "Building the launch context trigger for this machine"
	for clients, want := range map[string]bool{
		`[{"name": "app", "kind": "public", "scopes": ["patient/*.rs"], "callbackUrls": ["https://app.example.org"]}]`: true,
		`[{"name": "etl", "kind": "service", "scopes": ["system/*.read"]}]`:                                            false,
		`what is this`: false,
	} {
		_, progress, err := execute(t, "local", "--once", "--dir", "../..", "--config", "function.archive="+archive, "--config", "clients="+clients)
		if err == nil || strings.Contains(progress, trigger) != want || strings.Contains(progress, "validator") {
			t.Errorf("%s: %v, built: %q", clients, err, progress)
		}
	}
}

func TestAGivenArchiveRunsWithoutABuildAndItsFailureIsToldOnce(t *testing.T) {
	archive := failingArchive(t)
	for _, prefix := range []string{"", "smartlake:"} {
		out, progress, err := execute(t, "local", "--once", "--dir", "../..",
			"--config", prefix+"function.archive="+archive, "--config", prefix+"launchContext.function.archive="+archive, "--config", prefix+"frontDoor=none")
		if err == nil || err.Error() != "step 9 of the walk failed" {
			t.Errorf("got %v, want a failure at step 9", err)
		}
		if strings.Count(out, "    FAILED: the function ended during its start; its log says why\n") != 1 {
			t.Errorf("the output does not tell the failure once:\n%s", out)
		}
		if progress != "" {
			t.Errorf("%q: something was built: %s", prefix, progress)
		}
	}
}
