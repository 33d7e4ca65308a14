package requests

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// http writes an .http file: https://github.com/Huachao/vscode-restclient.
func (c collection) http() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Requests of a Smartlake stack, for the REST Client of Visual Studio Code.")
	line("# It holds no secret.")
	b.WriteString(c.httpNotes())
	line("#")
	line("# Send the token request of a client first; the requests after it take its answer.")
	line("")
	line("@base = %s", c.base)
	line("@tokenEndpoint = %s", c.tokenEndpoint)
	for _, one := range append(c.services, c.users...) {
		line("@%s_id = %s", one.variable, one.ID)
	}
	line("\n### Discovery document\nGET {{base}}.well-known/smart-configuration%s", c.httpSignature())
	line("\n### Capability statement\nGET {{base}}metadata%s", c.httpSignature())
	for _, one := range c.services {
		b.WriteString(one.http())
	}
	for _, one := range c.users {
		line("\n### Sign-in of a user of %s: open the URL in a browser, see the notes", one.Name)
		for _, note := range c.signIn(one) {
			line("# %s", note)
		}
	}
	line("\n### Refused: no token (401 or 403)\nGET {{base}}Patient?_count=1")
	line("\n### Refused: what is no token (401 or 403)\nGET {{base}}Patient?_count=1\nAuthorization: Bearer not-a-token")
	return b.String()
}

// httpNotes say where the secrets come from.
func (c collection) httpNotes() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if c.local != nil {
		line("# Start the editor from a shell that has the local cloud's secrets, and trusts its certificate:")
		line("#")
		line("#   set -a; . %s; set +a", shell.Quote(c.local.secrets()))
		line("#   export NODE_EXTRA_CA_CERTS=%s", shell.Quote(c.local.certificate()))
		return b.String()
	}
	line("# Put the clients' secrets into the environment that the editor is started from.")
	line("# They are what this prints: %s", howToFill)
	for _, one := range c.services {
		line("#   %s: secret of %s", one.secret, one.Name)
	}
	if c.signed {
		line("# HealthLake wants two requests signed with AWS credentials. Put these there likewise:")
		line("#   %s", howToSign)
	}
	return b.String()
}

// httpSignature is the header by which the client signs a request, on a line of its own.
func (c collection) httpSignature() string {
	if !c.signed {
		return ""
	}
	region := c.region
	if region == "" {
		region = "{{$processEnv AWS_REGION}}"
	}
	return "\nAuthorization: AWS {{$processEnv AWS_ACCESS_KEY_ID}} {{$processEnv AWS_SECRET_ACCESS_KEY}} " +
		"token:{{$processEnv AWS_SESSION_TOKEN}} region:" + region + " service:healthlake"
}

func (c client) http() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("\n### Token of %s\n# @name %s_token", c.Name, c.variable)
	line("POST {{tokenEndpoint}}\nAuthorization: Basic {{%s_id}}:{{$processEnv %s}}", c.variable, c.secret)
	line("Content-Type: application/x-www-form-urlencoded\n")
	line("grant_type=client_credentials&scope=%s", url.QueryEscape(c.scope))
	bearer := fmt.Sprintf("Authorization: Bearer {{%s_token.response.body.$.access_token}}", c.variable)
	if c.typ != "" {
		line("\n### Search as %s\n# @name %s_search\nGET {{base}}%s?_count=3\n%s", c.Name, c.variable, c.typ, bearer)
		line("\n### Read as %s what the search found first\nGET {{base}}%s/{{%s_search.response.body.$.entry[0].resource.id}}\n%s", c.Name, c.typ, c.variable, bearer)
	}
	if c.creates == "Patient" {
		line("\n### Create as %s: this CHANGES the data\nPOST {{base}}Patient\n%s\nContent-Type: application/fhir+json\n\n%s", c.Name, bearer, patient)
	}
	return b.String()
}

// authorize is the address where a user signs in, without the values that are new for every
// sign-in: state and code_challenge.
func (c collection) authorize(one client) string {
	return c.authorizationEndpoint + "?" + url.Values{
		"response_type": {"code"}, "client_id": {one.ID}, "redirect_uri": {one.callback()}, "scope": {one.scope},
		"aud": {c.base}, "code_challenge_method": {"S256"},
	}.Encode()
}

// signIn are the notes on the authorization code grant with PKCE (RFC 7636). Verifier,
// challenge and state are made anew for every sign-in, so none stands here.
func (c collection) signIn(one client) []string {
	secret := ""
	if one.Kind == outputs.Confidential {
		secret = ", and the client's id and secret as basic authentication"
	}
	return []string{
		"Make a verifier and its challenge (bash), new for every sign-in:",
		"  verifier=$(openssl rand -base64 48 | tr '+/' '-_' | tr -d '=\\n')",
		"  challenge=$(printf %s \"$verifier\" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=\\n')",
		"Open, with a random state and the challenge put in:",
		"  " + c.authorize(one) + "&state=STATE&code_challenge=CHALLENGE",
		"The browser comes back to " + one.callback() + "?code=...&state=...: check the state, then POST",
		"  grant_type=authorization_code&client_id=" + one.ID + "&redirect_uri=" + url.QueryEscape(one.callback()) + "&code=CODE&code_verifier=VERIFIER",
		"to " + c.tokenEndpoint + secret + ".",
	}
}
