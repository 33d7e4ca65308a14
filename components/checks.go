package components

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/redact"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// problems collects everything that is wrong with an argument value, so that its
// author learns all of it at once. A problem names the field, the value and what
// would be accepted; it never holds a secret.
type problems struct{ found []error }

func (p *problems) add(field string, value any, want string) {
	p.found = append(p.found, fmt.Errorf("%s: %s: %s", field, told(value), want))
}

func (p *problems) missing(field, want string) {
	p.found = append(p.found, fmt.Errorf("%s: missing: %s", field, want))
}

func (p *problems) oneOf(field, value string, accepted ...string) {
	if !slices.Contains(accepted, value) {
		p.add(field, value, "want one of "+strings.Join(accepted, ", "))
	}
}

func (p *problems) inRange(field string, value, low, high int, unit string) {
	if value < low || value > high {
		p.add(field, value, fmt.Sprintf("want %d to %d %s", low, high, unit))
	}
}

func (p *problems) pattern(field, value string, pattern *regexp.Regexp, want string) {
	if !pattern.MatchString(value) {
		p.add(field, value, want)
	}
}

// patternWhereKnown checks a value that is known already; [matching] checks what
// becomes known later.
func (p *problems) patternWhereKnown(field string, value pulumi.StringInput, pattern *regexp.Regexp, want string) {
	if text, ok := value.(pulumi.String); ok {
		p.pattern(field, string(text), pattern, want)
	}
}

// matching is a value that stops the run, before it reaches what it is given to,
// where it turns out not to match.
func matching(field string, value pulumi.StringInput, pattern *regexp.Regexp, want string) pulumi.StringOutput {
	output := value.ToStringOutput()
	return output.ApplyT(func(text string) (string, error) {
		if !pattern.MatchString(text) {
			return "", fmt.Errorf("%s: %s: %s", field, quoted(text, output), want)
		}
		return text, nil
	}).(pulumi.StringOutput)
}

// quoted is a value as an error may tell it, which is not at all where the input that
// it came from is a secret. It is for functions that the input is applied to: it waits
// until the input is known.
func quoted(value any, from pulumi.Input) string {
	if output, ok := from.(pulumi.Output); ok && pulumi.IsSecret(output) {
		return "[secret]"
	}
	return told(value)
}

// told is a value as an error tells it, without the user and password of a URL.
func told(value any) string {
	switch value := value.(type) {
	case string:
		return redact.Quote(value)
	case []string:
		texts := make([]string, len(value))
		for i, text := range value {
			texts[i] = redact.UserInfo(text)
		}
		return fmt.Sprintf("%#v", texts)
	default:
		return fmt.Sprintf("%#v", value)
	}
}

// err returns the problems as one error, led by the component they concern.
func (p *problems) err(component, name string) error {
	if len(p.found) == 0 {
		return nil
	}
	return fmt.Errorf("%s %q: %w", component, name, errors.Join(p.found...))
}

// checkName checks a component's name. AWS's names of its children are derived
// from it: Pulumi adds the child's suffix and 8 characters, and fails in the middle
// of an update where the result is too long or not of Lambda's alphabet.
func (p *problems) checkName(name string, longest int) {
	if len(name) > longest || !clientNamePattern.MatchString(name) {
		p.add("name", name, fmt.Sprintf("want 1 to %d letters, digits, - and _, starting with a letter or digit: AWS's names are derived from it", longest))
	}
}

// The longest names of components: 64, the limit of roles and functions, less the
// longest suffix of a child and Pulumi's 8 characters.
const (
	maxSmartDatastoreName      = 64 - len("-auth-context-execution") - 8
	maxTokenValidatorName      = 64 - len("-execution") - 8
	maxLaunchContextName       = 64 - len("-execution") - 8
	maxAuthorizationServerName = 64 - len("-context-execution") - 8
	maxBulkDataStoreName       = 64 - len("-import") - 8
)

// checkBucketName checks a component's name for what no bucket's name may begin
// with (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
func (p *problems) checkBucketName(name string) {
	for _, reserved := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(bucketPrefix(name, "-"), reserved) {
			p.add("name", name, "S3 reserves names that begin with "+reserved+"; want another beginning: the bucket's name is derived from it")
		}
	}
}

// Cognito's quotas and patterns
// (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html and
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html).
const (
	maxScopesPerClient = 50
	maxScopesPerServer = 100
	maxURLsPerClient   = 100
	maxURLLength       = 1024
	maxClients         = 100 // 31 bytes each of Lambda's 4 KB of environment
)

var (
	clientNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	scopeNamePattern  = regexp.MustCompile(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$`)
	domainPattern     = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	datastorePattern  = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-%@]{1,256}$`)
	keyARNPattern     = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(?:mrk-)?[0-9a-f-]{32,36}$`)
	usernamePattern   = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$`)
	emailPattern      = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
)

const keyARNWanted = "want the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)"

// unissuable are SMART scopes that Cognito cannot issue: its custom scopes are
// always <resource server>/<name>.
var unissuable = map[string]string{
	"fhirUser":       "Cognito cannot issue it; the fhirUser claim comes from a user attribute instead",
	"launch":         "Cognito cannot issue it, and there is no EHR launch without it",
	"offline_access": "Cognito cannot issue it; refresh tokens always come with the authorization code grant",
	"online_access":  "Cognito cannot issue it; refresh tokens always come with the authorization code grant",
}

// checkClients checks the clients against SMART's grammar, the datastore's
// strategy and Cognito's quotas.
func (p *problems) checkClients(clients []ClientArgs, strategy smart.Strategy) {
	if len(clients) == 0 {
		p.missing("clients", "want at least one client; without one nobody can get a token")
	}
	if n := len(clients); n > maxClients {
		p.add("clients", fmt.Sprintf("%d clients", n), fmt.Sprintf("want at most %d: the function's environment lists them all", maxClients))
	}
	seen := map[string]bool{}
	for i, client := range clients {
		field := fmt.Sprintf("clients[%d]", i)
		p.pattern(field+".name", client.Name, clientNamePattern,
			"want 1 to 64 letters, digits, - and _, starting with a letter or digit")
		if name := strings.ToLower(client.Name); seen[name] {
			p.add(field+".name", client.Name, "want a name that no other client has")
		} else {
			seen[name] = true
		}
		p.oneOf(field+".kind", string(client.Kind), string(ServiceClient), string(ConfidentialClient), string(PublicClient))
		p.checkScopes(field+".scopes", client, strategy)
		p.checkTokenSize(field+".scopes", client)
		client.checkUsers(p, field)
		p.checkURLs(field, client)
		p.checkLifetimes(field, client)
	}
	declared := scopesByServer(clients)
	for _, server := range slices.Sorted(maps.Keys(declared)) {
		if n := len(declared[server]); n > maxScopesPerServer {
			p.add("clients[*].scopes", fmt.Sprintf("%d different scopes of %s/", n, server),
				fmt.Sprintf("want at most %d of a resource server (Cognito)", maxScopesPerServer))
		}
	}
}

func (p *problems) checkScopes(field string, client ClientArgs, strategy smart.Strategy) {
	if len(client.Scopes) == 0 {
		p.missing(field, "want at least one scope, such as system/*.read")
	}
	if n := len(client.Scopes); n > maxScopesPerClient {
		p.add(field, fmt.Sprintf("%d scopes", n), fmt.Sprintf("want at most %d (Cognito)", maxScopesPerClient))
	}
	for i, text := range client.Scopes {
		at := fmt.Sprintf("%s[%d]", field, i)
		if slices.Contains(client.Scopes[:i], text) {
			p.add(at, text, "want each scope once")
			continue
		}
		p.checkScope(at, text, client, strategy)
	}
}

func (p *problems) checkScope(field, text string, client ClientArgs, strategy smart.Strategy) {
	if why, ok := unissuable[text]; ok {
		p.add(field, text, why)
		return
	}
	if slices.Contains(oidcScopes, text) {
		if client.Kind == ServiceClient {
			p.add(field, text, "a service has no user; want resource scopes such as system/*.read")
		}
		return
	}
	if text == launchScope {
		return
	}
	scope, err := smart.ParseScope(text)
	if err != nil {
		p.found = append(p.found, fmt.Errorf("%s: %w; or launch/patient, or for user-facing clients %s",
			field, err, strings.Join(oidcScopes, ", ")))
		return
	}
	_, name, _ := strings.Cut(text, "/")
	if encoded := strings.ReplaceAll(name, "/", "%2F"); encoded != name && scopeNamePattern.MatchString(encoded) {
		p.add(field, text, fmt.Sprintf("Cognito takes no slash in a scope's name; percent-encode those of the filter: %s", strings.Replace(text, name, encoded, 1)))
	} else if !scopeNamePattern.MatchString(name) {
		p.add(field, text, `Cognito takes at most 256 printable characters behind the first slash, and no further slash, space, " or \`)
	}
	if strategy.Valid() && !strategy.Understands(scope) {
		p.add(field, text, "a SMART_ON_FHIR_V1 datastore takes v1 scopes only (read, write, *); want one, or authorizationStrategy SMART_ON_FHIR")
	}
	if client.userFacing() && !smart.UserHolder.MayHold(scope.Context()) {
		p.add(field, text, "a client with users never gets system/ scopes; want patient/ or user/ scopes, or a client of kind service")
	}
}

// loopbackHosts may be called back without TLS: nothing leaves the machine
// (https://www.rfc-editor.org/rfc/rfc8252#section-7.3). Any port will do.
var loopbackHosts = []string{"localhost", "127.0.0.1", "::1"}

func (p *problems) checkURLs(field string, client ClientArgs) {
	callbacks, logouts := field+".callbackUrls", field+".logoutUrls"
	if client.Kind == ServiceClient {
		if len(client.CallbackURLs) > 0 {
			p.add(callbacks, client.CallbackURLs, "a service signs nobody in; want none")
		}
		if len(client.LogoutURLs) > 0 {
			p.add(logouts, client.LogoutURLs, "a service signs nobody out; want none")
		}
		return
	}
	if client.userFacing() && len(client.CallbackURLs) == 0 {
		p.missing(callbacks, "want at least one URL that Cognito sends the user back to")
	}
	p.checkURLList(callbacks, client.CallbackURLs)
	p.checkURLList(logouts, client.LogoutURLs)
}

func (p *problems) checkURLList(field string, urls []string) {
	if len(urls) > maxURLsPerClient {
		p.add(field, fmt.Sprintf("%d URLs", len(urls)), fmt.Sprintf("want at most %d (Cognito)", maxURLsPerClient))
	}
	for i, text := range urls {
		u, err := url.Parse(text)
		secure := err == nil && (u.Scheme == "https" || u.Scheme == "http" && slices.Contains(loopbackHosts, u.Hostname()))
		if !secure || u.Hostname() == "" || u.Fragment != "" || u.User != nil || len(text) > maxURLLength || strings.ContainsAny(text, " \t\r\n#*") {
			p.add(fmt.Sprintf("%s[%d]", field, i), text,
				"want an absolute https URL, or http on localhost, 127.0.0.1 or [::1], without fragment, wildcard or user info")
		}
	}
}

func (p *problems) checkLifetimes(field string, client ClientArgs) {
	const day, tenYears = 24 * 60, 10 * 365 * 24 * 60
	if m := client.AccessTokenMinutes; m != 0 {
		p.inRange(field+".accessTokenMinutes", m, 5, day, "minutes")
	}
	if client.Kind == ServiceClient {
		if m := client.IDTokenMinutes; m != 0 {
			p.add(field+".idTokenMinutes", m, "a service gets no ID token; want none")
		}
		if m := client.RefreshTokenMinutes; m != 0 {
			p.add(field+".refreshTokenMinutes", m, "a service gets no refresh token; want none")
		}
		return
	}
	if m := client.IDTokenMinutes; m != 0 {
		p.inRange(field+".idTokenMinutes", m, 5, day, "minutes")
	}
	if m := client.RefreshTokenMinutes; m != 0 {
		p.inRange(field+".refreshTokenMinutes", m, 60, tenYears, "minutes")
		if longest := max(tokenMinutes(client.AccessTokenMinutes), tokenMinutes(client.IDTokenMinutes)); m >= 60 && m < longest {
			p.add(field+".refreshTokenMinutes", m, fmt.Sprintf("want no less than the client's other tokens have, %d minutes (Cognito)", longest))
		}
	}
}

func (p *problems) checkStrategy(field string, strategy smart.Strategy) {
	if !strategy.Valid() {
		p.add(field, string(strategy), "want SMART_ON_FHIR (scopes v1 and v2) or SMART_ON_FHIR_V1; a datastore of another strategy takes no tokens")
	}
}

// checkDomainPrefix checks what becomes part of a host name that is unique in
// the region (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html).
func (p *problems) checkDomainPrefix(field, prefix string) {
	p.pattern(field, prefix, domainPattern, "want 1 to 63 lower-case letters, digits and -, with no - at either end")
	for _, reserved := range []string{"aws", "amazon", "cognito"} {
		if strings.Contains(prefix, reserved) {
			p.add(field, prefix, "Cognito reserves "+reserved+"; want a prefix without aws, amazon and cognito")
			return
		}
	}
}

func (p *problems) checkTestUsers(field string, users []TestUserArgs, policy *PasswordPolicyArgs) {
	seen := map[string]bool{}
	for i, user := range users {
		at := fmt.Sprintf("%s[%d]", field, i)
		p.pattern(at+".username", user.Username, usernamePattern, "want 1 to 128 printable characters without white space")
		if emailPattern.MatchString(user.Username) {
			p.add(at+".username", user.Username, "want no email address: email is an alias already")
		}
		if name := strings.ToLower(user.Username); seen[name] {
			p.add(at+".username", user.Username, "want a name that no other test user has")
		} else {
			seen[name] = true
		}
		p.pattern(at+".email", user.Email, emailPattern, "want an email address")
		if user.Password == nil {
			p.missing(at+".password", "want a password, as a Pulumi secret")
		}
		if password, known := user.Password.(pulumi.String); known {
			if err := policy.check(at+".password", string(password)); err != nil {
				p.found = append(p.found, err)
			}
		}
		user.checkContext(p, at)
		p.checkGroups(at+".groups", user.Groups)
	}
}
