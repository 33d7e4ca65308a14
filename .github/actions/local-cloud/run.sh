#!/usr/bin/env bash
# The commands of the action: start and stop. It needs bash, jq and, for a release, gh.
#
# GITHUB_ENV and GITHUB_OUTPUT are files that the runner reads line by line. Each value goes
# there between delimiters that nobody can guess, so that a value cannot set another variable.
set -euo pipefail

repository=smartlake/pulumi-smartlake
folder="$RUNNER_TEMP/smartlake"
ready="$folder/ready.json"
# The job's token is for gh alone: the local cloud and, with --program, a team's own program need
# none.
job_token="${GH_TOKEN:-}"
unset GH_TOKEN

fail() {
  printf '::error title=Smartlake local cloud::%s\n' "$(escaped "$*")"
  exit 1
}

# escaped writes a text as the value of a workflow command.
escaped() {
  local text="${1//'%'/'%25'}"
  text="${text//$'\r'/'%0D'}"
  printf '%s' "${text//$'\n'/'%0A'}"
}

# unguessable prints a word that nobody else can know.
unguessable() { printf 'smartlake_%s' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"; }

# put FILE NAME VALUE sets a variable of the next steps, or an output.
put() {
  local delimiter
  delimiter="$(unguessable)"
  printf '%s<<%s\n%s\n%s\n' "$2" "$delimiter" "$3" "$delimiter" >>"$1"
}

# mask VALUE keeps each line of a secret out of the log.
mask() {
  local line
  while IFS= read -r line; do
    [ -z "$line" ] || printf '::add-mask::%s\n' "$(escaped "$line")"
  done <<<"$1"
}

# show_log shows what the cloud wrote. No line of it is a command to the runner: it may say what
# somebody put into a configuration.
show_log() {
  local token
  token="$(unguessable)"
  printf '::stop-commands::%s\n' "$token"
  cat -- "$folder/log"
  printf '\n::%s::\n' "$token"
}

# ready_member NAME prints a member of the ready file.
ready_member() { jq --exit-status --raw-output --arg name "$1" '.[$name]' "$ready"; }

# released downloads a release for this machine, and checks it.
released() {
  local version="$1" name="smartlake-$1-linux-$2.tar.gz"
  [[ "$version" =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "version: \"$version\": must be the version of a release, such as v1.2.3"
  GH_TOKEN="$job_token" gh release download "$version" --repo "$repository" --dir "$folder" --pattern "$name" --pattern SHA256SUMS
  (
    cd "$folder"
    grep -F -x -e "$(sha256sum -- "$name")" SHA256SUMS >/dev/null || fail "$name: the checksum is not the one of SHA256SUMS"
  )
  GH_TOKEN="$job_token" gh attestation verify "$folder/$name" --repo "$repository"
  tar -C "$folder" -xzf "$folder/$name" smartlake
  binary="$folder/smartlake"
}

# built builds the commit of this action, with the functions inside.
built() {
  local source
  source="$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)"
  (
    cd "$source"
    export CGO_ENABLED=0
    go run -trimpath ./internal/local/machine/generate "linux/$1"
    go build -trimpath -buildvcs=false -tags carried -o "$folder/smartlake" ./cmd/smartlake
  )
  binary="$folder/smartlake"
}

# find_binary sets binary.
find_binary() {
  local architecture
  if [ -n "$SMARTLAKE_ACTION_BINARY" ]; then
    [ -x "$SMARTLAKE_ACTION_BINARY" ] || fail "binary: \"$SMARTLAKE_ACTION_BINARY\": must be a program"
    binary="$(realpath -- "$SMARTLAKE_ACTION_BINARY")"
    return
  fi
  [ "$RUNNER_OS" = Linux ] || fail "runs-on: \"$RUNNER_OS\": must be Linux"
  case "$RUNNER_ARCH" in
  X64) architecture=amd64 ;;
  ARM64) architecture=arm64 ;;
  *) fail "runs-on: \"$RUNNER_ARCH\": must be X64 or ARM64" ;;
  esac
  if [ -n "$SMARTLAKE_ACTION_VERSION" ]; then
    released "$SMARTLAKE_ACTION_VERSION" "$architecture"
  else
    built "$architecture"
  fi
}

# start starts the cloud, and waits until everything serves.
start() {
  local arguments=() line process
  [[ "$SMARTLAKE_ACTION_TIMEOUT" =~ ^[1-9][0-9]{0,3}$ ]] || fail "timeout: \"$SMARTLAKE_ACTION_TIMEOUT\": must be 1 to 9999 seconds"
  [ ! -e "$ready" ] || fail "a local cloud runs in this job already; stop it first"
  mkdir -p -- "$folder"
  chmod 0700 -- "$folder"
  find_binary
  while IFS= read -r line; do
    [ -z "$line" ] || arguments+=("$line")
  done <<<"$SMARTLAKE_ACTION_ARGUMENTS"
  export SMARTLAKE_STATE_DIR="$folder/state"
  # In a session of its own: the end of this step does not end it.
  setsid "$binary" local --dir "$SMARTLAKE_ACTION_PROJECT" --stack "$SMARTLAKE_ACTION_STACK" --json --ready-file "$ready" \
    ${arguments[@]+"${arguments[@]}"} >"$folder/events.json" 2>"$folder/log" </dev/null &
  process=$!
  for ((waited = 0; waited < SMARTLAKE_ACTION_TIMEOUT * 10; waited++)); do
    [ ! -s "$ready" ] || break
    kill -0 "$process" 2>/dev/null || break
    sleep 0.1
  done
  if [ ! -s "$ready" ]; then
    kill "$process" 2>/dev/null || true
    show_log
    fail "the local cloud is not ready: $(tail -n 1 -- "$folder/log")"
  fi
  mask "$(ready_member page)"
  export_environment
  put "$GITHUB_OUTPUT" fhir-base "$(ready_member fhirBaseUrl)"
  put "$GITHUB_OUTPUT" dir "$(ready_member dir)"
  put "$GITHUB_OUTPUT" certificate "$(ready_member certificate)"
  put "$GITHUB_OUTPUT" program "$binary"
  printf 'The local cloud serves at %s\n' "$(ready_member fhirBaseUrl)"
}

# export_environment sets what apps and their tests read.
export_environment() {
  local variables names name value
  if [ -n "$SMARTLAKE_ACTION_CLIENT" ]; then
    variables="$("$binary" local env --dir "$SMARTLAKE_ACTION_PROJECT" --stack "$SMARTLAKE_ACTION_STACK" --client "$SMARTLAKE_ACTION_CLIENT" --format json)"
    names="$(jq --exit-status --raw-output 'if all(.[]; type == "string") then keys[] else error("a value is no string") end' <<<"$variables")"
    while IFS= read -r name; do
      [[ "$name" =~ ^[A-Z][A-Z0-9_]*$ && ! "$name" =~ ^(GITHUB|RUNNER|LD|BASH)_|^(PATH|NODE_OPTIONS|ENV|IFS)$ ]] || fail "smartlake local env: \"$name\": not a variable that this action sets"
    done <<<"$names"
    while IFS= read -r name; do
      value="$(jq --exit-status --raw-output --arg name "$name" '.[$name]' <<<"$variables")"
      case "$name" in *SECRET* | *PASSWORD* | *TOKEN) mask "$value" ;; esac
      put "$GITHUB_ENV" "$name" "$value"
    done <<<"$names"
  fi
  put "$GITHUB_ENV" SMARTLAKE_STATE_DIR "$SMARTLAKE_STATE_DIR"
  trust "$(ready_member certificate)"
}

# trust has the clients of the next steps trust the certificate besides those that this machine
# trusts. Node.js takes one more; the others take a whole list in the place of their own.
trust() {
  local certificate="$1" system bundle="$folder/certificates.pem"
  put "$GITHUB_ENV" NODE_EXTRA_CA_CERTS "$certificate"
  for system in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    [ -r "$system" ] || continue
    cat -- "$system" "$certificate" >"$bundle"
    put "$GITHUB_ENV" SSL_CERT_FILE "$bundle"
    put "$GITHUB_ENV" CURL_CA_BUNDLE "$bundle"
    put "$GITHUB_ENV" REQUESTS_CA_BUNDLE "$bundle"
    return
  done
  printf '::notice title=Smartlake local cloud::%s\n' "no list of certificates of this machine was found: only Node.js trusts the local cloud"
}

# stop ends the cloud, and fails if it does not end in order.
stop() {
  local process
  if [ ! -s "$ready" ]; then
    printf 'no local cloud runs\n'
    return
  fi
  process="$(ready_member pid)"
  [[ "$process" =~ ^[1-9][0-9]*$ ]] || fail "$ready: pid: \"$process\": must be the id of a process"
  kill "$process" 2>/dev/null || true
  for ((waited = 0; waited < 300; waited++)); do
    ! tail -n 1 -- "$folder/events.json" | grep -q '"event":"stopped"' || break
    kill -0 "$process" 2>/dev/null || break
    sleep 0.1
  done
  show_log
  tail -n 1 -- "$folder/events.json" | grep -q '"event":"stopped"' || fail "the local cloud did not end in order"
  printf 'the local cloud has ended\n'
}

case "$SMARTLAKE_ACTION_COMMAND" in
start) start ;;
stop) stop ;;
*) fail "command: \"$SMARTLAKE_ACTION_COMMAND\": must be start or stop" ;;
esac
