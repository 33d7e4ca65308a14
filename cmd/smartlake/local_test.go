package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func execute(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	err = root.ExecuteContext(t.Context())
	return stdout.String(), err
}

func TestLocalOnceWalksAndEnds(t *testing.T) {
	out, err := execute(t, "local", "--once", "--dir", "../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		" 1  app        → HealthLake", " 4  Cognito    → app", " 9  validator  → HealthLake", "10  HealthLake → app",
		"R1  app        → HealthLake  no token: 401", "R2  app        → HealthLake  a tampered token: 401",
		"10 steps went through, 2 requests were refused as they must be.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

func TestLocalStaysUpUntilItIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr bytes.Buffer
	root := rootCommand()
	root.SetArgs([]string{"local", "--dir", "../.."})
	root.SetOut(writerFunc(func(text []byte) {
		stdout.Write(text)
		if strings.Contains(string(text), "curl --cacert") {
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
}

type writerFunc func([]byte)

func (w writerFunc) Write(text []byte) (int, error) {
	w(text)
	return len(text), nil
}

func TestLocalSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no such stack", []string{"--stack", "none"}, "Pulumi.none.yaml: missing or without configuration"},
		{"a port out of range", []string{"--port", "70000"}, "--port: 70000: want 1 to 65533"},
		{"no pair", []string{"--config", "protect"}, `--config: "protect": want key=value`},
		{"a bad value", []string{"--config", "mfa=MAYBE"}, `userPool.mfa: "MAYBE": want one of OFF, OPTIONAL, ON`},
		{"no client for the walk", []string{"--config", `clients=[{"name":"a","kind":"public","scopes":["openid"],"callbackUrls":["https://a.example/"]}]`}, "no client of kind service"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := execute(t, append([]string{"local", "--once", "--dir", "../.."}, c.args...)...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
