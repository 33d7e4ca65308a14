package components_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// refusal is an argument that must not get through: what is done to the baseline,
// and every line of the answer.
type refusal struct {
	edit func(*components.SmartDatastoreArgs)
	want string
}

// told is a refused value as the refusal tells it: without the user and password of a URL,
// and without what is behind 300 characters.
func told(value string) string {
	shown := strings.NewReplacer("ann:secret@", "[left out]@", "u:p@", "[left out]@", "//ann@", "//[left out]@").Replace(value)
	if n := len(shown); n > 300 {
		return fmt.Sprintf("%q... (%d characters)", shown[:300], n)
	}
	return strconv.Quote(shown)
}

// assertRefused refuses every case; see [assertRefusal].
func assertRefused(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			assertRefusal(t, declare(c.edit), `SmartDatastore "ehr": `+c.want)
		})
	}
}

// assertRefusal refuses in updates as well as in previews, in these very words, and
// before anything is registered or asked.
func assertRefusal(t *testing.T, program pulumi.RunFunc, want string, also ...setting) {
	t.Helper()
	for when, settings := range both {
		r, err := run(program, slices.Concat(settings, also)...)
		if err == nil {
			t.Errorf("%s: accepted; want %s", when, want)
			continue
		}
		if err.Error() != want {
			t.Errorf("%s: got\n%s\nwant\n%s", when, err, want)
		}
		if len(r.resources) > 0 || len(r.invokes) > 0 {
			t.Errorf("%s: before it was refused, the program registered %v and asked %v", when, r.names(), r.invokes)
		}
	}
}

// The edits of the tables below: one client of a kind, one field of it changed.

func aService(edit func(*components.ClientArgs)) func(*components.SmartDatastoreArgs) {
	return clients(service(), edit)
}

func anApp(edit func(*components.ClientArgs)) func(*components.SmartDatastoreArgs) {
	return clients(public(), edit)
}

func clients(client components.ClientArgs, edit func(*components.ClientArgs)) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) {
		edited := client
		edit(&edited)
		a.Clients = []components.ClientArgs{edited}
	}
}

func named(name string) func(*components.ClientArgs) {
	return func(c *components.ClientArgs) { c.Name = name }
}

func scoped(scopes ...string) func(*components.ClientArgs) {
	return func(c *components.ClientArgs) { c.Scopes = scopes }
}

// many makes n different values.
func many(n int, value func(i int) string) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = value(i)
	}
	return values
}

func TestClientsThatCannotBeAreRefused(t *testing.T) {
	const nameWanted = "must be 1 to 64 letters, digits, - and _, starting with a letter or digit"
	assertRefused(t, map[string]refusal{
		"none": {
			func(a *components.SmartDatastoreArgs) { a.Clients = nil },
			`clients: missing; add at least one client; only clients can get tokens`,
		},
		"too many": {func(a *components.SmartDatastoreArgs) {
			a.Clients = nil
			for i := range 101 {
				client := service()
				client.Name = fmt.Sprint("c", i)
				a.Clients = append(a.Clients, client)
			}
		}, `clients: 101 clients: must be at most 100, because the function's environment lists them all`},
		"no name":              {aService(named("")), `clients[0].name: "": ` + nameWanted},
		"a dash first":         {aService(named("-etl")), `clients[0].name: "-etl": ` + nameWanted},
		"a space in the name":  {aService(named("my etl")), `clients[0].name: "my etl": ` + nameWanted},
		"a break in the name":  {aService(named("etl\n")), `clients[0].name: "etl\n": ` + nameWanted},
		"a colon in the name":  {aService(named("a::b")), `clients[0].name: "a::b": ` + nameWanted},
		"an umlaut in a name":  {aService(named("für")), `clients[0].name: "für": ` + nameWanted},
		"a name of 65 letters": {aService(named(strings.Repeat("a", 65))), `clients[0].name: "` + strings.Repeat("a", 65) + `": ` + nameWanted},
		"the same name twice": {
			func(a *components.SmartDatastoreArgs) { a.Clients[2].Name = "etl" },
			`clients[2].name: "etl": another client has this name, ignoring case; choose a different one`,
		},
		"the same name but for case": {
			func(a *components.SmartDatastoreArgs) { a.Clients[1].Name = "ETL" },
			`clients[1].name: "ETL": another client has this name, ignoring case; choose a different one`,
		},
		"no kind": {
			aService(func(c *components.ClientArgs) { c.Kind = "" }),
			`clients[0].kind: "": must be one of service, confidential, public`,
		},
		"an unknown kind": {
			aService(func(c *components.ClientArgs) { c.Kind = "Service" }),
			`clients[0].kind: "Service": must be one of service, confidential, public`,
		},
	})
}

func TestScopesThatWouldNotDoWhatTheySayAreRefused(t *testing.T) {
	const orElse = "; also accepted: launch/patient, and for clients with users openid, profile, email, phone"
	const refresh = "Cognito has no such scope; remove it: every sign-in returns a refresh token, and a front door also accepts the scope"
	const patientless = "a service has no user and no patient; use system/ scopes, or a client of kind confidential or public"
	assertRefused(t, map[string]refusal{
		"none": {aService(scoped()), `clients[0].scopes: missing; add at least one scope, such as system/*.read`},
		"twice": {aService(scoped("system/*.read", "system/*.read")),
			`clients[0].scopes[1]: "system/*.read": listed twice; list each scope once`},
		"fhirUser": {anApp(scoped("fhirUser")),
			`clients[0].scopes[0]: "fhirUser": Cognito has no such scope; use openid instead: tokens then have the claim fhirUser, and a front door also accepts the scope fhirUser`},
		"launch": {anApp(scoped("launch")),
			`clients[0].scopes[0]: "launch": Cognito has no such scope, so EHR launch is not possible; remove it, or use launch/patient for standalone launch`},
		"offline_access": {anApp(scoped("offline_access")), `clients[0].scopes[0]: "offline_access": ` + refresh},
		"online_access":  {anApp(scoped("online_access")), `clients[0].scopes[0]: "online_access": ` + refresh},
		"openid for a service": {aService(scoped("openid")),
			`clients[0].scopes[0]: "openid": a service has no user; use resource scopes such as system/*.read`},
		"no slash": {anApp(scoped("patient")),
			`clients[0].scopes[0]: "patient": not a SMART resource scope: must be <context>/<type>.<permissions>, such as patient/*.rs` + orElse},
		"an unknown context": {anApp(scoped("group/*.read")),
			`clients[0].scopes[0]: "group/*.read": unknown context: must be patient, user or system` + orElse},
		"another launch": {anApp(scoped("launch/encounter")),
			`clients[0].scopes[0]: "launch/encounter": not a SMART resource scope: must be <context>/<type>.<permissions>, such as patient/*.rs` + orElse},
		"an unknown type": {anApp(scoped("patient/Patients.read")),
			`clients[0].scopes[0]: "patient/Patients.read": unknown FHIR R4 resource type: must be a FHIR R4 resource type or *` + orElse},
		"permissions out of order": {anApp(scoped("patient/*.sr")),
			`clients[0].scopes[0]: "patient/*.sr": malformed permissions: must be read, write or * (v1), or letters of cruds in this order (v2)` + orElse},
		"a filter on everything": {anApp(scoped("patient/*.rs?category=vital-signs")),
			`clients[0].scopes[0]: "patient/*.rs?category=vital-signs": filter not accepted: HealthLake filters a concrete resource type only` + orElse},
		"a slash in a filter": {anApp(scoped("patient/Observation.rs?category=http://a|b")),
			`clients[0].scopes[0]: "patient/Observation.rs?category=http://a|b": Cognito accepts no slash in a scope's name; percent-encode the slashes of the filter: patient/Observation.rs?category=http:%2F%2Fa|b`},
		"a filter by a result parameter": {anApp(scoped("patient/Observation.rs?_count=1")),
			`clients[0].scopes[0]: "patient/Observation.rs?_count=1": filter not accepted: "_count" cannot filter Observation; ` +
				`use a search parameter that FHIR R4 defines for this type, except composite and special ones and those of every type such as _id` + orElse},
		"a filter by another type's parameter": {anApp(scoped("user/Patient.rs?category=x")),
			`clients[0].scopes[0]: "user/Patient.rs?category=x": filter not accepted: "category" cannot filter Patient; ` +
				`use a search parameter that FHIR R4 defines for this type, except composite and special ones and those of every type such as _id` + orElse},
		"a filter with a modifier": {aService(scoped("system/Patient.rs?name:exact=x")),
			`clients[0].scopes[0]: "system/Patient.rs?name:exact=x": filter not accepted: a filter cannot have a modifier; use name=<value>` + orElse},
		"a raw equals sign in a filter": {aService(scoped("system/Patient.rs?name=x=y")),
			`clients[0].scopes[0]: "system/Patient.rs?name=x=y": filter not accepted: a value must have ? and = percent-encoded (%3F, %3D)` + orElse},
		"too long a filter": {anApp(scoped("patient/Observation.rs?code=" + strings.Repeat("1", 256))),
			`clients[0].scopes[0]: "patient/Observation.rs?code=` + strings.Repeat("1", 256) + `": must have at most 256 printable characters after the first slash, without another slash, a space, " or \ (Cognito)`},
		"system/ for users": {anApp(scoped("system/*.read")),
			`clients[0].scopes[0]: "system/*.read": a client with users cannot have system/ scopes; use patient/ or user/ scopes, or a client of kind service`},
		"system/ for users with a secret": {clients(confidential(), scoped("system/Patient.rs")),
			`clients[0].scopes[0]: "system/Patient.rs": a client with users cannot have system/ scopes; use patient/ or user/ scopes, or a client of kind service`},
		"scopes of users for a service": {aService(scoped("launch/patient", "patient/*.read", "user/*.rs", "system/*.rs")),
			`clients[0].scopes[0]: "launch/patient": ` + patientless + "\n" + `clients[0].scopes[1]: "patient/*.read": ` + patientless + "\n" +
				`clients[0].scopes[2]: "user/*.rs": ` + patientless},
		"v2 for a v1 datastore": {func(a *components.SmartDatastoreArgs) {
			a.AuthorizationStrategy = smart.SMARTOnFHIRV1
			aService(scoped("system/*.rs"))(a)
		}, `clients[0].scopes[0]: "system/*.rs": a SMART_ON_FHIR_V1 datastore accepts only v1 scopes (read, write, *); use one, or set authorizationStrategy to SMART_ON_FHIR`},
	})
}

// sized are scopes of a context, of a total length with the spaces between them.
func sized(context string, total int) []string {
	const each = 100
	var scopes []string
	for rest := total; rest > 0; rest -= each + 1 {
		scope := fmt.Sprintf("%s/Observation.rs?code=%d", context, 10+len(scopes))
		length := each
		if rest < 2*each { // the last one
			length, rest = rest, 0
		}
		scopes = append(scopes, scope+strings.Repeat("x", length-len(scope)))
	}
	return scopes
}

func TestAClientWhoseTokensWouldBeTooLongIsRefused(t *testing.T) {
	const refused = `a token with all of them can have %d bytes, and the validator refuses tokens over 8192; use fewer or shorter scopes, or several clients`
	assertRefused(t, map[string]refusal{
		"users":     {anApp(scoped(sized("user", 3678)...)), fmt.Sprintf(`clients[0].scopes: 36 scopes of the client phone: `+refused, 8193)},
		"a service": {aService(scoped(sized("system", 4990)...)), fmt.Sprintf(`clients[0].scopes: 49 scopes of the client etl: `+refused, 8193)},
	})
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){
		"users":     anApp(scoped(sized("user", 3677)...)),
		"a service": aService(scoped(sized("system", 4989)...)),
	} {
		if _, err := run(declare(edit)); err != nil {
			t.Errorf("%s, just short enough: %v", what, err)
		}
	}
}

func TestMoreScopesThanCognitoTakesAreRefused(t *testing.T) {
	filtered := func(server string, from int) func(int) string {
		return func(i int) string { return fmt.Sprintf("%s/Observation.rs?code=%d", server, from+i) }
	}
	assertRefused(t, map[string]refusal{
		"51 of a client": {aService(scoped(many(51, filtered("system", 0))...)),
			`clients[0].scopes: 51 scopes: must be at most 50 (Cognito)`},
		"101 of two resource servers": {func(a *components.SmartDatastoreArgs) {
			a.Clients = nil
			for _, server := range []string{"user", "patient"} {
				for i, n := range []int{50, 50, 1} {
					client := public()
					client.Name, client.Scopes = fmt.Sprint(server, i), many(n, filtered(server, 50*i))
					a.Clients = append(a.Clients, client)
				}
			}
		}, `clients[*].scopes: 101 different scopes of patient/: must be at most 100 per resource server (Cognito)
clients[*].scopes: 101 different scopes of user/: must be at most 100 per resource server (Cognito)`},
	})
}

func TestURLsThatCognitoMustNotSendUsersToAreRefused(t *testing.T) {
	const wanted = "must be an absolute https URL, or http on localhost, 127.0.0.1 or [::1], without fragment, wildcard or user info"
	cases := map[string]refusal{
		"none": {anApp(func(c *components.ClientArgs) { c.CallbackURLs = nil }),
			`clients[0].callbackUrls: missing; add at least one URL for Cognito to send the user back to`},
		"101": {anApp(func(c *components.ClientArgs) {
			c.CallbackURLs = pulumi.ToStringArray(many(101, func(i int) string { return fmt.Sprint("https://a.example.org/", i) }))
		}), `clients[0].callbackUrls: 101 URLs: must be at most 100 (Cognito)`},
		"a callback of a service": {aService(func(c *components.ClientArgs) {
			c.CallbackURLs = pulumi.ToStringArray([]string{"https://a.example.org"})
		}),
			`clients[0].callbackUrls: ["https://a.example.org"]: a service has no sign-in; remove it`},
		"a logout of a service": {aService(func(c *components.ClientArgs) { c.LogoutURLs = pulumi.ToStringArray([]string{"https://a.example.org"}) }),
			`clients[0].logoutUrls: ["https://a.example.org"]: a service has no sign-out; remove it`},
	}
	for _, bad := range []string{
		"", "app.example.org/callback", "/callback", "http://app.example.org", "http://localhost.example.org", "https://",
		"https://*.example.org", "https://app.example.org/*", "https://app.example.org/#top", "https://app.example.org/#",
		"https://ann@app.example.org", "https://ann:secret@app.example.org", "https://app.example.org/a b", "javascript:alert(1)",
		"ftp://app.example.org", "https://app.example.org/" + strings.Repeat("a", 1001), "https://app.example.org\n",
	} {
		cases["callback "+bad] = refusal{anApp(func(c *components.ClientArgs) {
			c.CallbackURLs = append(c.CallbackURLs.(pulumi.StringArray), pulumi.String(bad))
		}),
			fmt.Sprintf("clients[0].callbackUrls[1]: %s: %s", told(bad), wanted)}
		cases["logout "+bad] = refusal{anApp(func(c *components.ClientArgs) { c.LogoutURLs = pulumi.ToStringArray([]string{bad}) }),
			fmt.Sprintf("clients[0].logoutUrls[0]: %s: %s", told(bad), wanted)}
	}
	assertRefused(t, cases)
}

// A URL that becomes known while the program runs is held to the same rules, before Cognito
// gets it.
func TestAURLThatTurnsOutToBeBadDoesNotReachCognito(t *testing.T) {
	later := func(url string) pulumi.StringArrayInput {
		return pulumi.StringArray{pulumi.String(url).ToStringOutput()}
	}
	for field, change := range map[string]func(*components.ClientArgs){
		"callbackUrls": func(c *components.ClientArgs) { c.CallbackURLs = later("http://app.example.org") },
		"logoutUrls":   func(c *components.ClientArgs) { c.LogoutURLs = later("http://app.example.org") },
	} {
		r, err := run(declare(anApp(change)))
		want := fmt.Sprintf(`clients[0].%s[0]: "http://app.example.org": must be an absolute https URL`, field)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		for _, one := range r.of(clientType) {
			t.Errorf("%s: %s is declared", field, one.Name)
		}
	}
}

func TestLifetimesThatCognitoDoesNotHaveAreRefused(t *testing.T) {
	lifetimes := func(access, id, refresh int) func(*components.ClientArgs) {
		return func(c *components.ClientArgs) {
			c.AccessTokenMinutes, c.IDTokenMinutes, c.RefreshTokenMinutes = access, id, refresh
		}
	}
	assertRefused(t, map[string]refusal{
		"access too short":       {aService(lifetimes(4, 0, 0)), `clients[0].accessTokenMinutes: 4: must be 5 to 1440 minutes`},
		"access too long":        {anApp(lifetimes(1441, 0, 0)), `clients[0].accessTokenMinutes: 1441: must be 5 to 1440 minutes`},
		"access negative":        {anApp(lifetimes(-1, 0, 0)), `clients[0].accessTokenMinutes: -1: must be 5 to 1440 minutes`},
		"ID too short":           {anApp(lifetimes(0, 4, 0)), `clients[0].idTokenMinutes: 4: must be 5 to 1440 minutes`},
		"ID too long":            {anApp(lifetimes(0, 1441, 0)), `clients[0].idTokenMinutes: 1441: must be 5 to 1440 minutes`},
		"refresh too short":      {anApp(lifetimes(0, 0, 59)), `clients[0].refreshTokenMinutes: 59: must be 60 to 5256000 minutes`},
		"refresh under access":   {anApp(lifetimes(120, 0, 90)), `clients[0].refreshTokenMinutes: 90: must be at least as long as the client's other tokens, 120 minutes (Cognito)`},
		"refresh too long":       {anApp(lifetimes(0, 0, 5256001)), `clients[0].refreshTokenMinutes: 5256001: must be 60 to 5256000 minutes`},
		"an ID token's of none":  {aService(lifetimes(0, 60, 0)), `clients[0].idTokenMinutes: 60: a service gets no ID token; remove it`},
		"a refresh token's also": {aService(lifetimes(0, 0, 60)), `clients[0].refreshTokenMinutes: 60: a service gets no refresh token; remove it`},
	})
}

func TestDomainPrefixesThatCognitoRefusesAreRefused(t *testing.T) {
	const wanted = "must be 1 to 63 lower-case letters, digits and -, with no - at either end"
	cases := map[string]refusal{}
	for _, bad := range []string{"Clinic", "-clinic", "clinic-", "st.marys", "st_marys", "st marys", "klinik-für", strings.Repeat("a", 64), "clinic\n"} {
		cases[bad] = refusal{func(a *components.SmartDatastoreArgs) { a.DomainPrefix = bad }, fmt.Sprintf("domainPrefix: %q: %s", bad, wanted)}
	}
	for _, reserved := range []string{"aws", "amazon", "cognito"} {
		prefix := "my-" + reserved + "-domain"
		cases[prefix] = refusal{func(a *components.SmartDatastoreArgs) { a.DomainPrefix = prefix },
			`domainPrefix: "` + prefix + `": Cognito reserves ` + reserved + `; choose a prefix without aws, amazon or cognito`}
	}
	assertRefused(t, cases)
}

func TestTestUsersThatCannotSignInAreRefused(t *testing.T) {
	const nameWanted = "must be 1 to 128 printable characters without white space"
	password := pulumi.String("Passw0rd!")
	users := func(users ...components.TestUserArgs) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) { a.TestUsers = users }
	}
	user := func(username, email string) components.TestUserArgs {
		return components.TestUserArgs{Username: username, Email: email, Password: password}
	}
	assertRefused(t, map[string]refusal{
		"no name":         {users(user("", "a@example.org")), `testUsers[0].username: "": ` + nameWanted},
		"a space in it":   {users(user("a b", "a@example.org")), `testUsers[0].username: "a b": ` + nameWanted},
		"129 characters":  {users(user(strings.Repeat("ü", 129), "a@example.org")), `testUsers[0].username: "` + strings.Repeat("ü", 129) + `": ` + nameWanted},
		"an address":      {users(user("a@example.org", "a@example.org")), `testUsers[0].username: "a@example.org": must not be an email address; users already sign in by email`},
		"no email":        {users(user("ann", "")), `testUsers[0].email: "": must be an email address`},
		"a broken email":  {users(user("ann", "ann.example.org")), `testUsers[0].email: "ann.example.org": must be an email address`},
		"a spacy email":   {users(user("ann", "ann @example.org")), `testUsers[0].email: "ann @example.org": must be an email address`},
		"the same twice":  {users(user("ann", "a@example.org"), user("Ann", "b@example.org")), `testUsers[1].username: "Ann": another test user has this name, ignoring case; choose a different one`},
		"without a word":  {users(components.TestUserArgs{Username: "ann", Email: "a@example.org"}), `testUsers[0].password: missing; set it to a password, as a Pulumi secret`},
		"nothing is said": {users(components.TestUserArgs{}), "testUsers[0].username: \"\": " + nameWanted + "\ntestUsers[0].email: \"\": must be an email address\ntestUsers[0].password: missing; set it to a password, as a Pulumi secret"},
	})
}

func TestUserPoolsThatCognitoDoesNotMakeAreRefused(t *testing.T) {
	pool := func(edit func(*components.UserPoolArgs)) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) { edit(a.UserPool) }
	}
	const recovery = `must be ["verified_email"] or ["admin_only"]`
	assertRefused(t, map[string]refusal{
		"tier": {pool(func(u *components.UserPoolArgs) { u.Tier = "plus" }),
			`userPool.tier: "plus": must be one of LITE, ESSENTIALS, PLUS`},
		"mfa": {pool(func(u *components.UserPoolArgs) { u.MFA = "on" }),
			`userPool.mfa: "on": must be one of OFF, OPTIONAL, ON`},
		"verification": {pool(func(u *components.UserPoolArgs) { u.VerificationEmail = "LINK" }),
			`userPool.verificationEmail: "LINK": must be one of CONFIRM_WITH_CODE, CONFIRM_WITH_LINK`},
		"short passwords": {pool(func(u *components.UserPoolArgs) { u.PasswordPolicy = &components.PasswordPolicyArgs{MinimumLength: 5} }),
			`userPool.passwordPolicy.minimumLength: 5: must be 6 to 99 characters`},
		"long passwords": {pool(func(u *components.UserPoolArgs) {
			u.PasswordPolicy = &components.PasswordPolicyArgs{MinimumLength: 100}
		}),
			`userPool.passwordPolicy.minimumLength: 100: must be 6 to 99 characters`},
		"brief passwords": {pool(func(u *components.UserPoolArgs) {
			u.PasswordPolicy = &components.PasswordPolicyArgs{TemporaryValidityDays: -1}
		}),
			`userPool.passwordPolicy.temporaryValidityDays: -1: must be 1 to 365 days`},
		"lasting passwords": {pool(func(u *components.UserPoolArgs) {
			u.PasswordPolicy = &components.PasswordPolicyArgs{TemporaryValidityDays: 366}
		}),
			`userPool.passwordPolicy.temporaryValidityDays: 366: must be 1 to 365 days`},
		"alias": {pool(func(u *components.UserPoolArgs) { u.AliasAttributes = []components.AliasAttribute{"email", "nickname"} }),
			`userPool.aliasAttributes: "nickname": must be one of email, phone_number, preferred_username`},
		"verified": {pool(func(u *components.UserPoolArgs) {
			u.AutoVerifiedAttributes = []components.VerifiedAttribute{"email", "phone_number"}
		}),
			`userPool.autoVerifiedAttributes: "phone_number": must be one of email`},
		"recovery by telephone": {pool(func(u *components.UserPoolArgs) {
			u.RecoveryMechanisms = []components.RecoveryMechanism{"verified_phone_number"}
		}),
			`userPool.recoveryMechanisms: "verified_phone_number": must be one of verified_email, admin_only`},
		"recovery by nobody": {pool(func(u *components.UserPoolArgs) { u.RecoveryMechanisms = []components.RecoveryMechanism{} }),
			`userPool.recoveryMechanisms: []: ` + recovery},
		"recovery by both": {pool(func(u *components.UserPoolArgs) {
			u.RecoveryMechanisms = []components.RecoveryMechanism{"verified_email", "admin_only"}
		}),
			`userPool.recoveryMechanisms: ["verified_email", "admin_only"]: ` + recovery},
	})
}

func TestDatastoresThatHealthLakeDoesNotMakeAreRefused(t *testing.T) {
	const nameWanted = "must be 1 to 256 letters, digits, spaces and _.:/=+-%@"
	const keyWanted = "must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)"
	key := func(arn string) refusal {
		return refusal{func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = pulumi.String(arn) }, fmt.Sprintf("kmsKeyArn: %q: %s", arn, keyWanted)}
	}
	datastore := func(name string) refusal {
		return refusal{func(a *components.SmartDatastoreArgs) { a.DatastoreName = name }, fmt.Sprintf("datastoreName: %q: %s", name, nameWanted)}
	}
	strategy := func(strategy smart.AuthorizationStrategy) refusal {
		return refusal{func(a *components.SmartDatastoreArgs) { a.AuthorizationStrategy = strategy },
			fmt.Sprintf("authorizationStrategy: %q: must be SMART_ON_FHIR (v1 and v2 scopes) or SMART_ON_FHIR_V1; other datastores accept no tokens", string(strategy))}
	}
	assertRefused(t, map[string]refusal{
		"a sign in the name":        datastore("records&co"),
		"an overlong name":          datastore(strings.Repeat("ä", 257)),
		"a strategy without tokens": strategy("AWS_AUTH"),
		"an unknown strategy":       strategy("SMART_ON_FHIR_V2"),
		"no key":                    key(""),
		"the id of a key":           key("01234567-89ab-cdef-0123-456789abcdef"),
		"the alias of a key":        key("arn:aws:kms:us-east-1:123456789012:alias/patients"),
		"another service":           key("arn:aws:s3:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"),
		"more than a key":           key("arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef/*"),
	})
}

func TestFunctionsThatLambdaDoesNotRunAreRefused(t *testing.T) {
	function := func(edit func(*components.FunctionArgs)) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) { edit(a.Function) }
	}
	assertRefused(t, map[string]refusal{
		"architecture": {function(func(f *components.FunctionArgs) { f.Architecture = "amd64" }),
			`function.architecture: "amd64": must be one of arm64, x86_64`},
		"too little memory": {function(func(f *components.FunctionArgs) { f.MemoryMB = 127 }),
			`function.memoryMb: 127: must be 128 to 10240 MB`},
		"too much memory": {function(func(f *components.FunctionArgs) { f.MemoryMB = 10241 }),
			`function.memoryMb: 10241: must be 128 to 10240 MB`},
		"log level": {function(func(f *components.FunctionArgs) { f.LogLevel = "INFO" }),
			`function.logLevel: "INFO": must be one of debug, info, warn, error`},
		"log retention": {function(func(f *components.FunctionArgs) { f.LogRetentionDays = 364 }),
			`function.logRetentionDays: 364: must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653`},
	})
}

func TestArchivesThatLambdaCouldNotRunAreRefused(t *testing.T) {
	const wanted = `must be a zip archive with an executable file "bootstrap" for the function's architecture`
	dir := archives(t)
	archive := func(file string, architecture components.Architecture, why string) refusal {
		path := filepath.Join(dir, file)
		return refusal{func(a *components.SmartDatastoreArgs) {
			a.Function = &components.FunctionArgs{Archive: path, Architecture: architecture}
		}, fmt.Sprintf("function.archive: %q: %s%s", path, wanted, strings.ReplaceAll(why, "$PATH", path))}
	}
	assertRefused(t, map[string]refusal{
		"no file":                      archive("none.zip", "", ": open $PATH: no such file or directory"),
		"no archive":                   archive("text.zip", "", ": zip: not a valid zip file"),
		"another name":                 archive("main.zip", "", ""),
		"another folder":               archive("nested.zip", "", ""),
		"no execute bit":               archive("data.zip", "", ""),
		"x86_64 where arm64 is said":   archive("x86.zip", "arm64", "; it holds a binary for EM_X86_64"),
		"x86_64 where nothing is said": archive("x86.zip", "", "; it holds a binary for EM_X86_64"),
		"arm64 where x86_64 is said":   archive("arm.zip", "x86_64", "; it holds a binary for EM_AARCH64"),
	})
}

func TestAnArchiveForTheRightProcessorIsTaken(t *testing.T) {
	dir := archives(t)
	for file, architecture := range map[string]components.Architecture{"arm.zip": "arm64", "x86.zip": "x86_64", "script.zip": "arm64"} {
		path := filepath.Join(dir, file)
		r := build(t, func(a *components.SmartDatastoreArgs) {
			a.Function = &components.FunctionArgs{Archive: path, Architecture: architecture}
		})
		assertJSON(t, file, r.find(t, functionType, functionName).Inputs["code"], `{"archive": "`+path+`"}`)
	}
}

// archives makes a folder of archives, good and bad.
func archives(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, entry := range map[string]struct {
		name    string
		mode    os.FileMode
		content []byte
	}{
		"main.zip":   {"main", 0o755, nil},
		"nested.zip": {"bin/bootstrap", 0o755, nil},
		"data.zip":   {"bootstrap", 0o644, nil},
		"script.zip": {"bootstrap", 0o755, []byte("#!/bin/sh\n")},
		"x86.zip":    {"bootstrap", 0o755, binaryFor(t, elf.EM_X86_64)},
		"arm.zip":    {"bootstrap", 0o755, binaryFor(t, elf.EM_AARCH64)},
	} {
		if err := writeArchive(filepath.Join(dir, file), entry.name, entry.mode, entry.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "text.zip"), []byte("bootstrap"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// binaryFor is the header of a Linux binary for a processor, which is all that
// tells them apart.
func binaryFor(t *testing.T, machine elf.Machine) []byte {
	t.Helper()
	var content bytes.Buffer
	if err := binary.Write(&content, binary.LittleEndian, elf.Header64{
		Ident: [elf.EI_NIDENT]byte{
			0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT),
		},
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Shentsize: 64,
	}); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

func TestEverythingThatIsWrongIsSaidAtOnce(t *testing.T) {
	assertRefused(t, map[string]refusal{"much": {func(a *components.SmartDatastoreArgs) {
		a.AuthorizationStrategy = smart.SMARTOnFHIRV1
		a.Clients = []components.ClientArgs{
			{Name: "my etl", Kind: components.ServiceClient, Scopes: []string{"openid", "system/*.rs"}, IDTokenMinutes: 60},
			{Name: "phone", Kind: components.PublicClient, Scopes: []string{"system/*.read", "launch"}, AccessTokenMinutes: 1},
		}
		a.DomainPrefix = "amazon-clinic"
		a.TestUsers = []components.TestUserArgs{{Username: "ann", Email: "ann", Password: pulumi.String("Passw0rd!")}}
		a.UserPool.MFA = "MAYBE"
		a.DatastoreName = "a&b"
		a.KMSKeyARN = pulumi.String("key")
		a.Function.MemoryMB = 64
	}, strings.Join([]string{
		`clients[0].name: "my etl": must be 1 to 64 letters, digits, - and _, starting with a letter or digit`,
		`clients[0].scopes[0]: "openid": a service has no user; use resource scopes such as system/*.read`,
		`clients[0].scopes[1]: "system/*.rs": a SMART_ON_FHIR_V1 datastore accepts only v1 scopes (read, write, *); use one, or set authorizationStrategy to SMART_ON_FHIR`,
		`clients[0].idTokenMinutes: 60: a service gets no ID token; remove it`,
		`clients[1].scopes[0]: "system/*.read": a client with users cannot have system/ scopes; use patient/ or user/ scopes, or a client of kind service`,
		`clients[1].scopes[1]: "launch": Cognito has no such scope, so EHR launch is not possible; remove it, or use launch/patient for standalone launch`,
		`clients[1].accessTokenMinutes: 1: must be 5 to 1440 minutes`,
		`clients[1].callbackUrls: missing; add at least one URL for Cognito to send the user back to`,
		`domainPrefix: "amazon-clinic": Cognito reserves amazon; choose a prefix without aws, amazon or cognito`,
		`testUsers[0].email: "ann": must be an email address`,
		`userPool.mfa: "MAYBE": must be one of OFF, OPTIONAL, ON`,
		`datastoreName: "a&b": must be 1 to 256 letters, digits, spaces and _.:/=+-%@`,
		`kmsKeyArn: "key": must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)`,
		`function.memoryMb: 64: must be 128 to 10240 MB`,
	}, "\n")}})
}

func TestNoArgumentsAtAllAreRefused(t *testing.T) {
	assertRefusal(t, func(ctx *pulumi.Context) error {
		_, err := components.NewSmartDatastore(ctx, name, nil)
		return err
	}, `SmartDatastore "ehr": clients: missing; add at least one client; only clients can get tokens`)
}

func TestWhatIsJustWithinTheLimitsIsAccepted(t *testing.T) {
	observations := func(i int) string { return fmt.Sprintf("user/Observation.rs?code=%d", i) }
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){
		"a name of 64 letters": aService(named(strings.Repeat("a", 64))),
		"50 scopes":            anApp(scoped(many(50, observations)...)),
		"a scope of 256":       anApp(scoped("user/Observation.rs?code=" + strings.Repeat("1", 256-len("Observation.rs?code=")))),
		"loopback": anApp(func(c *components.ClientArgs) {
			c.CallbackURLs = pulumi.ToStringArray([]string{"http://localhost:3000/callback", "http://127.0.0.1/callback", "http://127.0.0.1:49152/callback", "http://[::1]:49152/callback"})
			c.LogoutURLs = pulumi.ToStringArray([]string{"http://[::1]/"})
		}),
		"a query in a callback": anApp(func(c *components.ClientArgs) {
			c.CallbackURLs = pulumi.ToStringArray([]string{"https://a.example.org/?tenant=1"})
		}),
		"the shortest tokens": anApp(func(c *components.ClientArgs) {
			c.AccessTokenMinutes, c.IDTokenMinutes, c.RefreshTokenMinutes = 5, 5, 60
		}),
		"the longest tokens": anApp(func(c *components.ClientArgs) {
			c.AccessTokenMinutes, c.IDTokenMinutes, c.RefreshTokenMinutes = 1440, 1440, 5256000
		}),
		"a prefix of one letter":    func(a *components.SmartDatastoreArgs) { a.DomainPrefix = "a" },
		"a prefix of 63 letters":    func(a *components.SmartDatastoreArgs) { a.DomainPrefix = strings.Repeat("a", 63) },
		"a datastore's 256 letters": func(a *components.SmartDatastoreArgs) { a.DatastoreName = strings.Repeat("ä", 256) },
		"the smallest function":     func(a *components.SmartDatastoreArgs) { a.Function.MemoryMB = 128 },
		"the largest function":      func(a *components.SmartDatastoreArgs) { a.Function.MemoryMB = 10240 },
		"passwords of 6": func(a *components.SmartDatastoreArgs) {
			a.UserPool.PasswordPolicy = &components.PasswordPolicyArgs{MinimumLength: 6}
		},
		"passwords of 99": func(a *components.SmartDatastoreArgs) {
			a.UserPool.PasswordPolicy = &components.PasswordPolicyArgs{MinimumLength: 99}
		},
	} {
		t.Run(what, func(t *testing.T) { build(t, edit) })
	}
}

func TestTagsThatAWSWouldRefuseAreRefused(t *testing.T) {
	const valueWanted = "the value must be at most 256 letters, digits, spaces and _.:/=+-@"
	tags := pulumi.StringMap{
		"AWS:team": pulumi.String("x"), "": pulumi.String("x"), "team": pulumi.String("a*b"), "cost center": pulumi.String("R&D"), "right": pulumi.String("x"),
	}
	want := strings.Join([]string{
		`tags: "": the name must be 1 to 128 letters, digits, spaces and _.:/=+-@`,
		`tags: "AWS:team": AWS reserves names that begin with aws:; choose another name`,
		`tags: "cost center": ` + valueWanted,
		`tags: "team": ` + valueWanted,
	}, "\n")
	assertRefused(t, map[string]refusal{
		"of the whole":   {func(a *components.SmartDatastoreArgs) { a.Tags = tags }, want},
		"of the trigger": {func(a *components.SmartDatastoreArgs) { a.LaunchContext.Tags = tags }, "launchContext." + strings.ReplaceAll(want, "\n", "\nlaunchContext.")},
	})
	for what, given := range map[string]pulumi.StringMapInput{
		"a value that becomes known": pulumi.StringMap{"team": pulumi.String("a*b").ToStringOutput()},
		"tags that become known":     pulumi.StringMap{"team": pulumi.String("a*b")}.ToStringMapOutput(),
	} {
		_, err := run(declare(func(a *components.SmartDatastoreArgs) { a.Tags = given }), inPreview)
		if err == nil || !strings.Contains(err.Error(), `tags: "team": `+valueWanted) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestPartsRefuseTheirOwnTags(t *testing.T) {
	tags, want := pulumi.StringMap{"aws:team": pulumi.String("x")}, `tags: "aws:team": AWS reserves names`
	for what, program := range map[string]pulumi.RunFunc{
		"LaunchContext": func(ctx *pulumi.Context) error {
			_, err := components.NewLaunchContext(ctx, "part", &components.LaunchContextArgs{Tags: tags})
			return err
		},
		"TokenValidator": func(ctx *pulumi.Context) error {
			_, err := components.NewTokenValidator(ctx, "part", &components.TokenValidatorArgs{Tags: tags})
			return err
		},
		"BulkDataStore": func(ctx *pulumi.Context) error {
			_, err := components.NewBulkDataStore(ctx, "part", &components.BulkDataStoreArgs{Tags: tags})
			return err
		},
		"AuthorizationServer": func(ctx *pulumi.Context) error {
			_, err := components.NewAuthorizationServer(ctx, "part", &components.AuthorizationServerArgs{Tags: tags})
			return err
		},
	} {
		if _, err := run(program); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", what, err, want)
		}
	}
}

func TestPasswordsShorterThanThePolicyAreRefused(t *testing.T) {
	user := func(password pulumi.StringInput) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			a.TestUsers = []components.TestUserArgs{{Username: "ann", Email: "ann@example.org", Password: password}}
		}
	}
	const want = "testUsers[0].password: shorter than userPool.passwordPolicy.minimumLength; use at least 8 characters"
	assertRefused(t, map[string]refusal{"seven characters": {user(pulumi.String("hunter2")), want}})
	_, err := run(declare(user(pulumi.ToSecret(pulumi.String("hunter2")).(pulumi.StringOutput))), inPreview)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret: got %v, want %s", err, want)
	}
	build(t, user(pulumi.String("äöüäöüäö"))) // characters, not bytes
}
