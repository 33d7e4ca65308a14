package requests

import (
	"fmt"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// curlHead is the part that all scripts share. Tokens and secrets go to curl through a
// file descriptor: its arguments can be seen by everybody on the machine.
const curlHead = `#!/usr/bin/env bash
# Requests of a Smartlake stack, with bash and curl. It holds no secret; fill these with
# what "%s" prints:
%s#
# Set SMARTLAKE_CA to a file of certificates to trust instead of this machine's, and
# SMARTLAKE_WRITE=1 to create a resource too: that changes the data.
set -euo pipefail

base=%s
token_endpoint=%s

request() {
  curl --silent --show-error --globoff --proto '=https' --max-time 30 ${SMARTLAKE_CA:+--cacert "$SMARTLAKE_CA"} "$@"
}

# token CLIENT_ID SECRET SCOPE prints an access token.
token() {
  request --fail-with-body --config <(printf 'user = "%%s:%%s"\n' "$1" "$2") \
    --data grant_type=client_credentials --data-urlencode "scope=$3" "$token_endpoint" |
    sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p'
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
	var secrets strings.Builder
	for _, one := range c.services {
		fmt.Fprintf(&secrets, "#   %s: secret of %s\n", one.secret, one.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, curlHead, howToFill, secrets.String(), shell.Quote(c.base), shell.Quote(c.tokenEndpoint))
	b.WriteString(c.curlDocuments())
	for _, one := range c.services {
		b.WriteString(one.curl())
	}
	b.WriteString("\necho '== Refused: no token'\nrefused \"${base}Patient?_count=1\"\n")
	b.WriteString("\necho '== Refused: what is no token'\nrefused --header 'Authorization: Bearer not-a-token' \"${base}Patient?_count=1\"\n")
	for _, one := range c.users {
		fmt.Fprintf(&b, "\n# Sign-in of a user of %s\n", one.Name)
		for _, note := range c.signIn(one) {
			fmt.Fprintf(&b, "# %s\n", note)
		}
	}
	return b.String()
}

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
