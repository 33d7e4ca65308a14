#!/usr/bin/env bash
# Requests of a Smartlake stack, with bash and curl. It holds no secret.
# It reads them from the local cloud's '/home/ann o'\''hara/$(run)/requests.env', and trusts '/home/ann o'\''hara/$(run)/certificate.pem'.
#
# Set SMARTLAKE_WRITE=1 to create a resource too: that changes the data.
# Set SMARTLAKE_SIGN_IN to sign a user in, in a browser, as a client: app, portal.
set -euo pipefail

base='https://healthlake.us-east-1.amazonaws.com/datastore/a22c/r4/'
token_endpoint='https://example.auth.us-east-1.amazoncognito.com/oauth2/token'

secrets='/home/ann o'\''hara/$(run)/requests.env'
SMARTLAKE_CA='/home/ann o'\''hara/$(run)/certificate.pem'
if [[ ! -r $secrets ]]; then
  echo "$secrets: missing; is \"smartlake local\" running?" >&2
  exit 1
fi

# secret NAME prints a secret of the local cloud.
secret() {
  sed -n "s/^$1=//p" "$secrets"
}
SMARTLAKE_CLIENT_SECRET_CLIENT_2ND=$(secret SMARTLAKE_CLIENT_SECRET_CLIENT_2ND)
SMARTLAKE_CLIENT_SECRET_ETL=$(secret SMARTLAKE_CLIENT_SECRET_ETL)
SMARTLAKE_CLIENT_SECRET_ETL_2=$(secret SMARTLAKE_CLIENT_SECRET_ETL_2)
SMARTLAKE_CLIENT_SECRET_LAB_FEED=$(secret SMARTLAKE_CLIENT_SECRET_LAB_FEED)
SMARTLAKE_CLIENT_SECRET_PORTAL=$(secret SMARTLAKE_CLIENT_SECRET_PORTAL)
AWS_ACCESS_KEY_ID=$(secret AWS_ACCESS_KEY_ID)
AWS_SECRET_ACCESS_KEY=$(secret AWS_SECRET_ACCESS_KEY)
AWS_SESSION_TOKEN=$(secret AWS_SESSION_TOKEN)
AWS_REGION=$(secret AWS_REGION)

request() {
  curl --silent --show-error --globoff --proto '=https' --max-time 30 ${SMARTLAKE_CA:+--cacert "$SMARTLAKE_CA"} "$@"
}

# access_token reads an answer of the token endpoint, and prints the token, or the error.
access_token() {
  sed -n -e 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' -e '/"error" *:/w /dev/stderr'
}

# token CLIENT_ID SECRET SCOPE prints an access token.
token() {
  request --fail-with-body --config <(printf 'user = "%s:%s"\n' "$1" "$2") \
    --data grant_type=client_credentials --data-urlencode "scope=$3" "$token_endpoint" |
    access_token
}

# fhir TOKEN ARGUMENTS... sends a request with the token.
fhir() {
  local token=$1
  shift
  request --fail-with-body --header @<(printf 'Authorization: Bearer %s\n' "$token") "$@"
}

# refused ARGUMENTS... sends a request that must be refused.
refused() {
  local status
  status=$(request --output /dev/null --write-out '%{http_code}' "$@")
  case $status in
  401 | 403) echo "refused with $status, as it must be" ;;
  *)
    echo "NOT REFUSED: $status" >&2
    exit 1
    ;;
  esac
}

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

# signed ARGUMENTS... sends a request with an AWS signature, as HealthLake documents it.
signed() {
  request --fail-with-body --aws-sigv4 "aws:amz:$region:healthlake" --config <(
    printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
    if [[ -n ${AWS_SESSION_TOKEN:-} ]]; then printf 'header = "x-amz-security-token: %s"\n' "$AWS_SESSION_TOKEN"; fi
  ) "$@"
}

# Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN to request both.
if [[ -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} ]]; then
  region=us-east-1
  echo '== Discovery document'
  signed "${base}.well-known/smart-configuration"
  echo
  echo '== Capability statement'
  signed "${base}metadata"
  echo
else
  echo '== Left out: the discovery document and the capability statement, which HealthLake wants signed with AWS credentials'
fi

echo '== Token of 2nd'
: "${SMARTLAKE_CLIENT_SECRET_CLIENT_2ND:?set it to the secret of client 2nd}"
client_2nd_token=$(token '6nd' "$SMARTLAKE_CLIENT_SECRET_CLIENT_2ND" 'system/Patient.c')
echo "a token of ${#client_2nd_token} bytes"

if [[ ${SMARTLAKE_WRITE:-} == 1 ]]; then
  echo '== Create as 2nd'
  fhir "$client_2nd_token" --header 'Content-Type: application/fhir+json' \
    --data '{"resourceType":"Patient","active":false,"name":[{"text":"Smartlake example"}]}' "${base}Patient"
  echo
fi

echo '== Token of ETL'
: "${SMARTLAKE_CLIENT_SECRET_ETL:?set it to the secret of client ETL}"
ETL_token=$(token '2etl' "$SMARTLAKE_CLIENT_SECRET_ETL" 'system/Observation.rs system/Condition.rs?category=problem')
echo "a token of ${#ETL_token} bytes"

echo '== Search as ETL'
found=$(fhir "$ETL_token" "${base}Observation?_count=1")
printf '%s\n' "$found"
id=$(printf '%s\n' "$found" | sed -n 's|.*"fullUrl" *: *"[^"]*/Observation/\([^"/]*\)".*|\1|p' | head -n 1)
if [[ -n $id ]]; then
  echo '== Read as ETL what the search found'
  fhir "$ETL_token" "${base}Observation/$id"
  echo
fi

echo '== Token of etl'
: "${SMARTLAKE_CLIENT_SECRET_ETL_2:?set it to the secret of client etl}"
etl_2_token=$(token '1etl' "$SMARTLAKE_CLIENT_SECRET_ETL_2" 'system/*.*')
echo "a token of ${#etl_2_token} bytes"

echo '== Search as etl'
found=$(fhir "$etl_2_token" "${base}Patient?_count=1")
printf '%s\n' "$found"
id=$(printf '%s\n' "$found" | sed -n 's|.*"fullUrl" *: *"[^"]*/Patient/\([^"/]*\)".*|\1|p' | head -n 1)
if [[ -n $id ]]; then
  echo '== Read as etl what the search found'
  fhir "$etl_2_token" "${base}Patient/$id"
  echo
fi

if [[ ${SMARTLAKE_WRITE:-} == 1 ]]; then
  echo '== Create as etl'
  fhir "$etl_2_token" --header 'Content-Type: application/fhir+json' \
    --data '{"resourceType":"Patient","active":false,"name":[{"text":"Smartlake example"}]}' "${base}Patient"
  echo
fi

echo '== Token of lab-feed'
: "${SMARTLAKE_CLIENT_SECRET_LAB_FEED:?set it to the secret of client lab-feed}"
lab_feed_token=$(token '3lab' "$SMARTLAKE_CLIENT_SECRET_LAB_FEED" 'system/Observation.cu')
echo "a token of ${#lab_feed_token} bytes"

echo '== Refused: no token'
refused "${base}Patient?_count=1"

echo '== Refused: what is no token'
refused --header 'Authorization: Bearer not-a-token' "${base}Patient?_count=1"

if [[ ${SMARTLAKE_SIGN_IN:-} == 'app' ]]; then
  echo '== Sign-in of a user of app'
  app_token=$(sign_in '5app' '' 'http://localhost:3000/callback' \
    'https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize?aud=https%3A%2F%2Fhealthlake.us-east-1.amazonaws.com%2Fdatastore%2Fa22c%2Fr4%2F&client_id=5app&code_challenge_method=S256&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback&response_type=code&scope=openid+launch%2Fpatient+patient%2F%2A.rs')
  echo "a token of ${#app_token} bytes"
  echo '== Search as a user of app'
  fhir "$app_token" "${base}Patient?_count=1"
  echo
fi

if [[ ${SMARTLAKE_SIGN_IN:-} == 'portal' ]]; then
  echo '== Sign-in of a user of portal'
  : "${SMARTLAKE_CLIENT_SECRET_PORTAL:?set it to the secret of client portal}"
  portal_token=$(sign_in '4portal' "$SMARTLAKE_CLIENT_SECRET_PORTAL" 'https://portal.example.org/callback' \
    'https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize?aud=https%3A%2F%2Fhealthlake.us-east-1.amazonaws.com%2Fdatastore%2Fa22c%2Fr4%2F&client_id=4portal&code_challenge_method=S256&redirect_uri=https%3A%2F%2Fportal.example.org%2Fcallback&response_type=code&scope=openid+patient%2F%2A.rs')
  echo "a token of ${#portal_token} bytes"
  echo '== Search as a user of portal'
  fhir "$portal_token" "${base}Patient?_count=1"
  echo
fi
