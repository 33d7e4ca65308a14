package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// running is a local cloud as "smartlake local" runs it.
func running(t *testing.T) *local.Cloud {
	t.Helper()
	return runningWith(t, local.Options{})
}

// runningWith is one with options besides. What smoke signs is HealthLake's, so there is no
// front door.
func runningWith(t *testing.T, options local.Options) *local.Cloud {
	t.Helper()
	return runningStack(t, options, "frontDoor=none")
}

// runningStack is the stack dev with some values replaced.
func runningStack(t *testing.T, options local.Options, config ...string) *local.Cloud {
	t.Helper()
	stack, err := loadStack(t.Context(), t.Output(), localFlags{stackFlags: stackFlags{stack: "dev", dir: "../..", config: config}})
	if err != nil {
		t.Fatal(err)
	}
	options.Program, options.Stack = program.With(stack.Config), stack
	cloud, err := local.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return cloud
}

// pulumi puts a pulumi command on the PATH that notes its arguments and folder, and
// then does what a script says.
func pulumi(t *testing.T, script string) (noted string) {
	t.Helper()
	dir := t.TempDir()
	noted = filepath.Join(dir, "noted")
	content := "#!/bin/sh\necho \"$PWD $*\" >" + shell.Quote(noted) + "\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "pulumi"), []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return noted
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSmokePassesOnTheLocalCloudByEveryWayToNameIt(t *testing.T) {
	cloud := running(t)
	etl, _ := cloud.Service()
	noted := pulumi(t, "cat "+shell.Quote(cloud.OutputsFile))
	t.Setenv("SMARTLAKE_CLIENT_SECRET", etl.Secret)
	for _, args := range [][]string{
		{"--local", cloud.Dir},
		{"--outputs", cloud.OutputsFile, "--ca", cloud.CertificateFile},
		{"--stack", "dev", "--dir", t.TempDir(), "--ca", cloud.CertificateFile},
		{"--datastore", cloud.Datastore, "--client-id", etl.ID, "--token-endpoint", cloud.HostedDomain + "/oauth2/token", "--ca", cloud.CertificateFile},
		{"--datastore", strings.TrimSuffix(cloud.Datastore, "/"), "--client-id", etl.ID, "--token-endpoint", cloud.HostedDomain + "/oauth2/token", "--scope", "system/*.*", "--ca", cloud.CertificateFile},
	} {
		out, notes, err := execute(t, append([]string{"smoke"}, args...)...)
		if err != nil || !strings.Contains(out, " 0 failed, ") || !strings.Contains(out, "passed   ") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		if !strings.Contains(notes, "Checking: search as ") {
			t.Errorf("%v: no progress was shown: %s", args, notes)
		}
		if told := out + notes; strings.Contains(told, etl.Secret) || strings.Contains(told, "eyJ") || strings.Contains(told, "\x1b") {
			t.Errorf("%v: a secret, a token or an escape sequence was told:\n%s", args, told)
		}
	}
	if got, want := read(t, noted), " stack output --json --non-interactive --stack dev --show-secrets\n"; !strings.HasSuffix(got, want) || strings.HasPrefix(got, mustGetwd(t)) {
		t.Errorf("pulumi was called in and as %q, want another folder and %q", got, want)
	}
}

// Without a front door, HealthLake documents the discovery document with a signature. The
// local cloud's folder has credentials; the environment's are for HealthLake alone.
func TestSmokeSignsWithTheCredentialsOfTheLocalCloud(t *testing.T) {
	cloud := running(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	for want, args := range map[string][]string{
		"with a signature, capabilities ":                                          {"--local", cloud.Dir},
		"HealthLake wants the request signed (403 MissingAuthenticationTokenExcep": {"--outputs", cloud.OutputsFile, "--ca", cloud.CertificateFile},
	} {
		out, _, err := execute(t, append([]string{"smoke"}, args...)...)
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%v: %v, want %q in\n%s", args, err, want, out)
		}
	}
	if err := os.Remove(cloud.CredentialsFile); err != nil {
		t.Fatal(err)
	}
	if _, _, err := execute(t, "smoke", "--local", cloud.Dir); err == nil || statusOf(err) != 2 || !strings.HasPrefix(err.Error(), "--local: ") {
		t.Errorf("got %v", err)
	}
}

func mustGetwd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir + " "
}

func TestSmokeWritesJSONAndJUnit(t *testing.T) {
	cloud := running(t)
	junit := filepath.Join(t.TempDir(), "smoke.xml")
	out, _, err := execute(t, "smoke", "--local", cloud.Dir, "--json", "--junit", junit)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		OK     bool             `json:"ok"`
		Passed int              `json:"passed"`
		Checks []map[string]any `json:"checks"`
	}
	var suite struct {
		Tests int        `xml:"tests,attr"`
		Cases []struct{} `xml:"testcase"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || !report.OK || report.Passed < 15 {
		t.Errorf("JSON: %v\n%s", err, out)
	}
	if err := xml.Unmarshal([]byte(read(t, junit)), &suite); err != nil || suite.Tests != len(report.Checks) || len(suite.Cases) != suite.Tests {
		t.Errorf("JUnit: %v, %d tests; %d checks", err, suite.Tests, len(report.Checks))
	}
}

func TestAFailedCheckIsStatus1AndTheReportIsWrittenAllTheSame(t *testing.T) {
	cloud := runningWith(t, local.Options{LenientHealthLake: true})
	changed := filepath.Join(t.TempDir(), "outputs.json")
	text := strings.Replace(read(t, cloud.OutputsFile), `"revocationEndpoint": "https://`, `"revocationEndpoint": "https://other.`, 1)
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	junit := filepath.Join(t.TempDir(), "smoke.xml")
	out, _, err := execute(t, "smoke", "--outputs", changed, "--ca", cloud.CertificateFile, "--junit", junit)
	if err == nil || !strings.HasPrefix(err.Error(), "the stack failed the smoke test: ") || !strings.HasSuffix(err.Error(), " 1 failed, 9 skipped") || statusOf(err) != 1 {
		t.Errorf("got %v, status %d", err, statusOf(err))
	}
	if !strings.Contains(out, "revocation_endpoint: served is") || !strings.Contains(read(t, junit), "revocation_endpoint: served is") {
		t.Errorf("the reports do not say what failed:\n%s", out)
	}
}

func TestASecretComesFromTheEnvironmentOrStandardInputAndNowhereElse(t *testing.T) {
	cloud := running(t)
	etl, _ := cloud.Service()
	base := []string{
		"smoke", "--datastore", cloud.Datastore, "--client-id", etl.ID, "--token-endpoint", cloud.HostedDomain + "/oauth2/token", "--ca", cloud.CertificateFile,
	}
	t.Setenv("OTHER", etl.Secret)
	t.Setenv("SMARTLAKE_CLIENT_SECRET", "")
	if _, _, err := execute(t, append(base, "--client-secret-env", "OTHER")...); err != nil {
		t.Error(err)
	}
	root := rootCommand()
	root.SetArgs(append(base, "--client-secret-stdin"))
	root.SetIn(strings.NewReader(etl.Secret + "\n"))
	root.SetOut(t.Output())
	root.SetErr(t.Output())
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Error(err)
	}
	if _, _, err := execute(t, base...); err == nil || statusOf(err) != 2 || !strings.HasPrefix(err.Error(), "SMARTLAKE_CLIENT_SECRET: empty in the environment") {
		t.Errorf("got %v", err)
	}
	for _, flag := range []string{"client-secret", "secret", "token", "insecure", "k"} {
		if smokeCommand().Flags().Lookup(flag) != nil {
			t.Errorf("there is a flag --%s", flag)
		}
	}
}

func TestWhatCannotRunIsStatus2WithTheNextStep(t *testing.T) {
	cloud := running(t)
	notPEM := filepath.Join(t.TempDir(), "no.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SMARTLAKE_CLIENT_SECRET", "")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"smoke"}, "at least one of the flags in the group [stack outputs local datastore] is required"},
		{[]string{"smoke", "--local", "a", "--stack", "b"}, "[local stack] were all set"},
		{[]string{"smoke", "--local", "a", "--client-id", "b"}, "[client-id local] were all set"},
		{[]string{"smoke", "--local", "/no/such/folder"}, `--local: open /no/such/folder/outputs.json: no such file or directory: is "smartlake local" running? It prints the folder`},
		{[]string{"smoke", "--outputs", "/no/such/file"}, "--outputs: open /no/such/file: no such file or directory"},
		{[]string{"smoke", "--outputs", notPEM}, `outputs: must be the JSON object that "pulumi stack output --json --show-secrets" prints`},
		{[]string{"smoke", "--local", cloud.Dir, "--ca", notPEM}, "must be certificates in PEM"},
		{[]string{"smoke", "--local", cloud.Dir, "--timeout", "1ms"}, "--timeout: 1ms: must be 1s to 5m"},
		{[]string{"smoke", "--datastore", "http://example.org/r4/"}, `--datastore: "http://example.org/r4/": must be an absolute https URL`},
		{[]string{"smoke", "--datastore", "https://example.org/r4/"}, "--client-id: missing"},
		{[]string{"smoke", "--datastore", "https://example.org/r4/", "--client-id", "a"}, "SMARTLAKE_CLIENT_SECRET: empty in the environment: put the client's secret there, or pipe it in with --client-secret-stdin"},
		{[]string{"smoke", "--datastore", "https://example.org/r4/", "--client-id", "a", "--token-endpoint", "http://example.org"}, `--token-endpoint: "http://example.org": must be an absolute https URL`},
		{[]string{"smoke", "one"}, `unknown command "one" for "smartlake smoke"`},
		{[]string{"smoke", "--nope"}, "unknown flag: --nope"},
		{[]string{"smok"}, `unknown command "smok" for "smartlake"`},
		{[]string{"requests", "--local", cloud.Dir, "--format", "har"}, `--format: "har": must be one of http, postman, curl`},
		{[]string{"requests", "--datastore", "https://example.org/r4/", "--client-id", "a"}, "--token-endpoint: missing"},
		{[]string{"local", "--port", "70000"}, "--port: 70000: must be 1 to 65532"},
		{[]string{"local", "--stack", "none", "--dir", "../.."}, "Pulumi.none.yaml: missing"},
	} {
		_, _, err := execute(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) || statusOf(err) != 2 {
			t.Errorf("%v: got status %d and\n     %v\nwant %s", c.args, statusOf(err), err, c.want)
		}
	}
}

func TestPulumisTroubleIsToldWithoutWhatItPrints(t *testing.T) {
	pulumi(t, "echo hunter2; echo 'error: no stack named x found' >&2; exit 255")
	_, notes, err := execute(t, "smoke", "--stack", "x")
	const want = `--stack: pulumi stack output: exit status 255: no stack named x found: "pulumi stack ls" in . lists the stacks, "pulumi login" gives access to them`
	if err == nil || err.Error() != want || statusOf(err) != 2 || strings.Contains(notes, "hunter2") {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	t.Setenv("PATH", t.TempDir())
	_, _, err = execute(t, "smoke", "--stack", "x")
	if err == nil || !strings.HasPrefix(err.Error(), "--stack: no pulumi command found; install it (https://www.pulumi.com/docs/install/)") || statusOf(err) != 2 {
		t.Errorf("got %v", err)
	}
}

func TestAnInterruptedSmokeIsStatus1AndQuiet(t *testing.T) {
	cloud := running(t)
	ctx, cancel := context.WithCancel(t.Context())
	root := rootCommand()
	root.SetArgs([]string{"smoke", "--local", cloud.Dir})
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(writerFunc(func(text []byte) {
		if bytes.Contains(text, []byte("Checking: key set")) {
			cancel()
		}
	}))
	err := root.ExecuteContext(ctx)
	if !errors.Is(err, context.Canceled) || statusOf(err) != 1 || !strings.Contains(out.String(), "2 passed, 0 failed, 0 skipped.") {
		t.Errorf("got %v, status %d:\n%s", err, statusOf(err), out.String())
	}
}

func TestAFailedWalkIsStatus1(t *testing.T) {
	_, _, err := execute(t, "local", "--once", "--dir", "../..", "--config", "function.archive="+failingArchive(t))
	if statusOf(err) != 1 {
		t.Errorf("got status %d: %v", statusOf(err), err)
	}
	if statusOf(nil) != 0 {
		t.Error("success is not status 0")
	}
}

func TestAnErrorOfUsageNamesTheHelpThatTellsMore(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"lokal"}, "See \"smartlake --help\".\n"},
		{[]string{"local", "--onse"}, "See \"smartlake local --help\".\n"},
		{[]string{"smoke"}, "See \"smartlake smoke --help\".\n"},
		{[]string{"explain", "--format", "yaml"}, ""}, // says itself what it takes
		{[]string{"version"}, ""},
	} {
		root := rootCommand()
		root.SetArgs(c.args)
		root.SetOut(io.Discard)
		command, err := root.ExecuteContextC(t.Context())
		if got := usageHint(command, err); got != c.want {
			t.Errorf("%v: got %q, want %q", c.args, got, c.want)
		}
	}
}

func TestRequestsAreWrittenWithoutAskingForASecretAndReplaceNothingUnasked(t *testing.T) {
	cloud := running(t)
	etl, _ := cloud.Service()
	noted := pulumi(t, "cat "+shell.Quote(cloud.OutputsFile))
	for format, want := range map[string]string{"http": "\nGET {{base}}", "postman": "\"schema\": \"https://schema.getpostman.com/", "curl": "#!/usr/bin/env bash\n"} {
		out, notes, err := execute(t, "requests", "--stack", "dev", "--format", format)
		if err != nil || !strings.Contains(out, want) || !strings.Contains(out, etl.ID) || strings.Contains(out+notes, etl.Secret) {
			t.Errorf("%s: %v\n%s", format, err, out)
		}
	}
	if strings.Contains(read(t, noted), "--show-secrets") {
		t.Errorf("pulumi was asked for secrets: %s", read(t, noted))
	}
	file := filepath.Join(t.TempDir(), "stack.http")
	args := []string{"requests", "--local", cloud.Dir, "--output", file}
	if out, _, err := execute(t, args...); err != nil || out != "" {
		t.Errorf("%v: %s", err, out)
	}
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := execute(t, args...)
	if want := "--output: " + file + " exists: replace it with --force, or name another file"; err == nil || err.Error() != want || statusOf(err) != 2 || read(t, file) != "mine" {
		t.Errorf("got %v; the file holds %q", err, read(t, file))
	}
	if _, _, err := execute(t, append(args, "--force")...); err != nil || !strings.HasPrefix(read(t, file), "# Requests of a Smartlake stack") {
		t.Errorf("%v; the file holds %q", err, read(t, file))
	}
	out, _, err := execute(t, "requests", "--datastore", cloud.Datastore, "--token-endpoint", cloud.HostedDomain+"/oauth2/token", "--client-id", "a1", "--scope", "system/*.rs")
	if err != nil || !strings.Contains(out, "@client_id = a1") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestStacksAndFormatsAreCompleted(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "a[b", "c")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.pilot.yaml", "Pulumi.dev.yaml", "other.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, "a[b", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"smoke", "--dir", below, "--stack", ""}, []string{"dev", "pilot", "prod"}},
		{[]string{"requests", "--dir", filepath.Dir(below), "--stack", "p"}, []string{"pilot", "prod"}},
		{[]string{"local", "--dir", below, "--stack", ""}, []string{"dev", "pilot", "prod"}},
		{[]string{"explain", "--dir", below, "--stack", ""}, []string{"dev", "pilot", "prod"}},
		{[]string{"deploy-policy", "--dir", below, "--stack", "p"}, []string{"pilot", "prod"}},
		{[]string{"explain", "--format", ""}, []string{"text", "json", "markdown"}},
		{[]string{"requests", "--format", ""}, []string{"http", "postman", "curl"}},
	} {
		out, _, err := execute(t, append([]string{"__complete"}, c.args...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if err != nil || !slices.Equal(lines[:len(lines)-1], c.want) || lines[len(lines)-1] != ":4" {
			t.Errorf("%v: %v, %q", c.args, err, lines)
		}
	}
}

func TestEveryCommandTeachesByExample(t *testing.T) {
	out, _, err := execute(t, "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Exit status:", "  0  all went well", "  1  it ran,", "  2  it could not run", "NO_COLOR"} {
		if !strings.Contains(out, part) {
			t.Errorf("the help lacks %q", part)
		}
	}
	for _, command := range everyCommand(rootCommand()) {
		if command.Long == "" || !strings.Contains(command.Example, command.CommandPath()) || command.RunE == nil {
			t.Errorf("%s has no long help, no example or no RunE", command.CommandPath())
		}
		for line := range strings.SplitSeq(command.Long, "\n") {
			if len(line) > 90 {
				t.Errorf("%s: the line %q is wider than 90 columns", command.CommandPath(), line)
			}
		}
	}
}

// everyCommand are the commands below one.
func everyCommand(command *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range command.Commands() {
		all = append(append(all, sub), everyCommand(sub)...)
	}
	return all
}

func TestTheVersionSaysWhatItWasBuiltFrom(t *testing.T) {
	out, _, err := execute(t, "version")
	if err != nil || !strings.HasPrefix(out, "smartlake ") {
		t.Errorf("%v: %s", err, out)
	}
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	for want, info := range map[string]*debug.BuildInfo{"smartlake v1.2.3 commit abc modified go": info, "smartlake (unknown) go": nil} {
		if got := versionLine(info); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestProgressIsOneLineThatGoesOnATerminalAndPlainLinesElsewhere(t *testing.T) {
	var plain, terminal bytes.Buffer
	p := newProgress(&plain)
	p.show("one %d", 1)
	p.show("two")
	p.clear()
	if plain.String() != "one 1\ntwo\n" {
		t.Errorf("plain: %q", plain.String())
	}
	p = &progress{out: &terminal, terminal: true}
	p.show("one")
	p.show("two")
	time.Sleep(250 * time.Millisecond)
	p.clear()
	p.clear()
	got := terminal.String()
	if !strings.Contains(got, " two\x1b[K") || strings.Contains(got, "\n") || !strings.HasSuffix(got, "\r\x1b[K") || strings.Count(got, "\r") < 3 {
		t.Errorf("terminal: %q", got)
	}
	plain.Reset()
	elsewhere := newBar(&plain, "Importing users", 25)
	for done := range 25 {
		elsewhere.set(done + 1)
	}
	elsewhere.clear()
	if lines := strings.Split(strings.TrimSpace(plain.String()), "\n"); len(lines) != 10 || lines[0] != "Importing users: 3 of 25" || lines[9] != "Importing users: 25 of 25" {
		t.Errorf("plain: %q", lines)
	}
	terminal.Reset()
	grows := &bar{progress: &progress{out: &terminal, terminal: true}, what: "Importing users", total: 60}
	grows.set(30)
	grows.clear()
	if got, want := terminal.String(), "Importing users [###############...............] 30 of 60\x1b[K"; !strings.Contains(got, want) || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("terminal: %q, want %q", got, want)
	}
	if colored(&terminal) {
		t.Error("a buffer gets colors")
	}
}
