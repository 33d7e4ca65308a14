package requests

import (
	"fmt"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// curlHead is the part that all scripts share. Tokens and secrets go to curl through a
// file descriptor: its arguments can be seen by everybody on the machine.
const curlHead = `#!/usr/bin/env bash
# Requests of a Smartlake stack, with bash and curl. It holds no secret.
%s#
# Set SMARTLAKE_WRITE=1 to create a resource too: that changes the data.
%sset -euo pipefail

base=%s
token_endpoint=%s
%s
request() {
  curl --silent --show-error --globoff --proto '=https' --max-time 30 ${SMARTLAKE_CA:+--cacert "$SMARTLAKE_CA"} "$@"
}

# access_token reads an answer of the token endpoint, and prints the token, or the error.
access_token() {
  sed -n -e 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' -e '/"error" *:/w /dev/stderr'
}

# token CLIENT_ID SECRET SCOPE prints an access token.
token() {
  request --fail-with-body --config <(printf 'user = "%%s:%%s"\n' "$1" "$2") \
    --data grant_type=client_credentials --data-urlencode "scope=$3" "$token_endpoint" |
    access_token
}

# fhir TOKEN ARGUMENTS... sends a request with the token.
fhir() {
  local token=$1
  shift
  request --fail-with-body --header @<(printf 'Authorization: Bearer %%s\n' "$token") "$@"
}

# refused ARGUMENTS... sends a request that must be refused.
refused() {
  local status
  status=$(request --output /dev/null --write-out '%%{http_code}' "$@")
  case $status in
  401 | 403) echo "refused with $status, as it must be" ;;
  *)
    echo "NOT REFUSED: $status" >&2
    exit 1
    ;;
  esac
}
`

// curlDocuments requests both documents of a front door.
const curlDocuments = `
echo '== Discovery document'
request --fail-with-body "${base}.well-known/smart-configuration"
echo

echo '== Capability statement'
request --fail-with-body "${base}metadata"
echo
`

// curlSignedDocuments requests both documents of a datastore. What is secret of AWS's
// credentials goes to curl as tokens do.
const curlSignedDocuments = `
# signed ARGUMENTS... sends a request with an AWS signature, as HealthLake documents it.
signed() {
  request --fail-with-body --aws-sigv4 "aws:amz:$region:healthlake" --config <(
    printf 'user = "%%s:%%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
    if [[ -n ${AWS_SESSION_TOKEN:-} ]]; then printf 'header = "x-amz-security-token: %%s"\n' "$AWS_SESSION_TOKEN"; fi
  ) "$@"
}

# Set %s to request both.
if [[ -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} ]]; then
  region=%s
  echo '== Discovery document'
  signed "${base}.well-known/smart-configuration"
  echo
  echo '== Capability statement'
  signed "${base}metadata"
  echo
else
  echo '== Left out: the discovery document and the capability statement, which HealthLake wants signed with AWS credentials'
fi
`

func (c collection) curlDocuments() string {
	if !c.signed {
		return curlDocuments
	}
	region := c.region
	if region == "" {
		region = `${AWS_REGION:?set it to the region of the datastore}`
	}
	return fmt.Sprintf(curlSignedDocuments, howToSign, region)
}

func (c collection) curl() string {
	var b strings.Builder
	fmt.Fprintf(&b, curlHead, c.curlNotes(), c.curlSignInNote(), shell.Quote(c.base), shell.Quote(c.tokenEndpoint), c.curlSecrets())
	if len(c.users) > 0 {
		b.WriteString(curlSignIn)
	}
	b.WriteString(c.curlDocuments())
	for _, one := range c.services {
		b.WriteString(one.curl())
	}
	b.WriteString("\necho '== Refused: no token'\nrefused \"${base}Patient?_count=1\"\n")
	b.WriteString("\necho '== Refused: what is no token'\nrefused --header 'Authorization: Bearer not-a-token' \"${base}Patient?_count=1\"\n")
	for _, one := range c.users {
		b.WriteString(c.curlUser(one))
	}
	return b.String()
}

// curlNotes say where the secrets and the certificates to trust come from.
func (c collection) curlNotes() string {
	if c.local != nil {
		return fmt.Sprintf("# It reads them from the local cloud's %s, and trusts %s.\n", shell.Quote(c.local.secrets()), shell.Quote(c.local.certificate()))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Fill these with what \"%s\" prints:\n", howToFill)
	for _, one := range c.services {
		fmt.Fprintf(&b, "#   %s: secret of %s\n", one.secret, one.Name)
	}
	b.WriteString("# Set SMARTLAKE_CA to a file of certificates to trust instead of this machine's.\n")
	return b.String()
}

func (c collection) curlSignInNote() string {
	if len(c.users) == 0 {
		return ""
	}
	var names []string
	for _, one := range c.users {
		names = append(names, one.Name)
	}
	return "# Set SMARTLAKE_SIGN_IN to sign a user in, in a browser, as a client: " + strings.Join(names, ", ") + ".\n"
}

// curlSecrets reads the secrets of a local cloud. The script does not run the file, which
// somebody else could have made after the cloud ended.
func (c collection) curlSecrets() string {
	if c.local == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, curlLocal, shell.Quote(c.local.secrets()), shell.Quote(c.local.certificate()))
	for _, name := range c.secretNames() {
		fmt.Fprintf(&b, "%[1]s=$(secret %[1]s)\n", name)
	}
	return b.String()
}

const curlLocal = `
secrets=%s
SMARTLAKE_CA=%s
if [[ ! -r $secrets ]]; then
  echo "$secrets: missing; is \"smartlake local\" running?" >&2
  exit 1
fi

# secret NAME prints a secret of the local cloud.
secret() {
  sed -n "s/^$1=//p" "$secrets"
}
`

// curlUser signs a user in, and searches as this user.
func (c collection) curlUser(one client) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	secret := "''"
	line("\nif [[ ${SMARTLAKE_SIGN_IN:-} == %s ]]; then", shell.Quote(one.Name))
	line("  echo '== Sign-in of a user of %s'", one.Name)
	if one.Kind == outputs.Confidential {
		line("  : \"${%s:?set it to the secret of client %s}\"", one.secret, one.Name)
		secret = `"$` + one.secret + `"`
	}
	line("  %s_token=$(sign_in %s %s %s \\\n    %s)", one.variable, shell.Quote(one.ID), secret, shell.Quote(one.callback()), shell.Quote(c.authorize(one)))
	line("  echo \"a token of ${#%s_token} bytes\"", one.variable)
	if one.typ != "" {
		line("  echo '== Search as a user of %s'\n  fhir \"$%s_token\" \"${base}%s?_count=1\"\n  echo", one.Name, one.variable, one.typ)
	}
	line("fi")
	return b.String()
}

// curlSignIn is the authorization code grant with PKCE (RFC 7636).
const curlSignIn = `
# sign_in CLIENT_ID SECRET CALLBACK ADDRESS has a user sign in at an address, and prints an
# access token. SECRET is empty for a public client. It needs openssl.
sign_in() {
  local verifier challenge state answer code authentication
  verifier=$(openssl rand -base64 48 | tr '+/' '-_' | tr -d '=\n')
  challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=\n')
  state=$(openssl rand -hex 16)
  printf 'Open this address in a browser, and sign in:\n%s\nPaste the address that the browser then shows:\n' \
    "$4&state=$state&code_challenge=$challenge" >&2
  IFS= read -r answer
  code=$(printf '%s\n' "$answer" | sed -n 's/.*[?&]code=\([A-Za-z0-9._~%+/=-]*\).*/\1/p')
  if [[ $answer != "${3%%\?*}"\?* || -z $code || $(printf '%s\n' "$answer" | sed -n 's/.*[?&]state=\([^&#]*\).*/\1/p') != "$state" ]]; then
    echo "not the answer to this sign-in: must begin with ${3%%\?*}? and have a code and the state" >&2
    return 1
  fi
  authentication=$(printf 'data = "client_id=%s"' "$1")
  if [[ -n $2 ]]; then authentication=$(printf 'user = "%s:%s"' "$1" "$2"); fi
  request --fail-with-body --config <(printf '%s\ndata = "code=%s"\ndata = "code_verifier=%s"\n' "$authentication" "$code" "$verifier") \
    --data grant_type=authorization_code --data-urlencode "redirect_uri=$3" "$token_endpoint" |
    access_token
}
`

func (c client) curl() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("\necho '== Token of %s'", c.Name)
	line(": \"${%s:?set it to the secret of client %s}\"", c.secret, c.Name)
	line("%s_token=$(token %s \"$%s\" %s)", c.variable, shell.Quote(c.ID), c.secret, shell.Quote(c.scope))
	line("echo \"a token of ${#%s_token} bytes\"", c.variable)
	if c.typ != "" {
		line("\necho '== Search as %s'\nfound=$(fhir \"$%s_token\" \"${base}%s?_count=1\")\nprintf '%%s\\n' \"$found\"", c.Name, c.variable, c.typ)
		line("id=$(printf '%%s\\n' \"$found\" | sed -n 's|.*\"fullUrl\" *: *\"[^\"]*/%s/\\([^\"/]*\\)\".*|\\1|p' | head -n 1)", c.typ)
		line("if [[ -n $id ]]; then")
		line("  echo '== Read as %s what the search found'\n  fhir \"$%s_token\" \"${base}%s/$id\"\n  echo\nfi", c.Name, c.variable, c.typ)
	}
	if c.creates == "Patient" {
		line("\nif [[ ${SMARTLAKE_WRITE:-} == 1 ]]; then")
		line("  echo '== Create as %s'\n  fhir \"$%s_token\" --header 'Content-Type: application/fhir+json' \\\n    --data %s \"${base}Patient\"\n  echo\nfi", c.Name, c.variable, shell.Quote(patient))
	}
	return b.String()
}
