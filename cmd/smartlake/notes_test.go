package main

import (
	"strings"
	"testing"
)

// warned is a stack that the program warns of: no client offers the identity provider.
var warned = []string{"--dir", "../..", "--config", `clients=[
  {"name":"etl","kind":"service","scopes":["system/*.rs"]},
  {"name":"app","kind":"public","scopes":["openid","patient/*.rs"],"callbackUrls":["http://localhost:3000/"]}]`,
	"--config", `identityProviders=[{"name":"Hospital","kind":"oidc","issuer":"https://login.hospital.example","clientId":"smartlake","clientSecret":"made-up","attributeMapping":{"email":"email"}}]`}

func TestWarningsOfTheProgramAreShown(t *testing.T) {
	for _, args := range [][]string{{"local", "--once"}, {"explain"}, {"deploy-policy", "--account", "111122223333", "--document", "1"}} {
		_, progress, err := execute(t, append(args, warned...)...)
		if err != nil || !strings.Contains(progress, "Warning: ") || strings.Count(progress, "Warning: ") != 1 {
			t.Errorf("%v: got %v and %q", args, err, progress)
		}
	}
}

func TestSettingsThatTheLocalCloudDoesNotImitateAreSaidAtItsStart(t *testing.T) {
	_, progress, err := execute(t, "local", "--once", "--dir", "../..", "--config", "userPool.mfa=ON")
	if want := "Not imitated: userPool.mfa ON: users are not asked for a second factor\n"; err != nil || strings.Count(progress, "Not imitated: ") != 1 || !strings.Contains(progress, want) {
		t.Errorf("got %v and %q, want %q", err, progress, want)
	}
}
