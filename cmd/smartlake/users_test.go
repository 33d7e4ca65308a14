package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4/sigv4test"
)

const (
	clinicPool = "us-east-1_AbCdEfGhI"
	clinicARN  = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + clinicPool
	annsOwn    = "Anns-own-password-1"
)

// clinic is a folder as the local cloud writes one, of a user pool alone, whose operator
// has exactly the rights of "deploy-policy --operator".
type clinic struct {
	t   *testing.T
	dir string
	url string // of Cognito

	mu   sync.Mutex
	used map[string]bool // actions that were asked for
}

func newClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{t: t, dir: t.TempDir(), used: map[string]bool{}}
	documents, err := deploypolicy.Operator(declaredtest.Graph(t, "dev", nil), clinicPool)
	if err != nil {
		t.Fatal(err)
	}
	keys := sigv4test.NewKeyring()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	t.Cleanup(server.Close)
	c.url = server.URL
	issuer := server.URL + "/" + clinicPool
	pool, err := cognito.NewPool(cognito.Config{
		Issuer: issuer, HostedDomain: server.URL, AliasAttributes: []string{"email"},
		Users: []cognito.User{
			{Username: "ann", Password: annsOwn, Sub: "11111111-2222-3333-4444-555555555555", Groups: []string{"patients"}, Attributes: map[string]string{
				"email": "ann@example.org", "email_verified": "true", "custom:patient": "patient-001", "given_name": "Ann\x1b[31m",
			}},
		},
		API: &cognito.API{
			ARN: clinicARN, Keys: keys, Groups: []string{"clinicians", "others", "patients"}, VerifiedFirst: []string{"email"},
			Schema: []cognito.SchemaAttribute{
				{Name: "email", Required: true}, {Name: "custom:patient", MaxLength: 64}, {Name: "custom:fhirUser", MaxLength: 2048},
			},
			Passwords: cognito.PasswordPolicy{MinimumLength: 8, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: true},
			Permit:    func(_, action, arn string) error { return c.permit(documents, action, arn) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = pool.Issuer()
	credentials := keys.Issue("arn:aws:iam::123456789012:role/operator").Environment("us-east-1")
	var exports strings.Builder
	for name, value := range credentials {
		fmt.Fprintf(&exports, "export %s=%s\n", name, value)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, text := range map[string][]byte{
		local.CertificateName: certificate, local.CredentialsName: []byte(exports.String()), local.OutputsName: clinicOutputs(t, issuer, nil),
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// clinicOutputs are those of a stack, with changes.
func clinicOutputs(t *testing.T, issuer string, changes map[string]any) []byte {
	t.Helper()
	const domain = "https://clinic.auth.us-east-1.amazoncognito.com"
	outputs := map[string]any{
		"fhirBaseUrl": "https://healthlake.us-east-1.amazonaws.com/datastore/a22c/r4", "datastoreEndpoint": "https://healthlake.us-east-1.amazonaws.com/datastore/a22c/r4/",
		"discoveryDocument": "{}", "issuer": issuer, "authorizationEndpoint": domain + "/oauth2/authorize", "tokenEndpoint": domain + "/oauth2/token",
		"revocationEndpoint": domain + "/oauth2/revoke", "jwksUri": issuer + "/.well-known/jwks.json", "userPoolId": clinicPool,
		"clientIds": map[string]string{"portal": "p", "ward": "w", "etl": "e"}, "clientSecrets": "[secret]",
		"launchContext": map[string]string{"patientAttribute": "custom:patient", "fhirUserAttribute": "custom:fhirUser"},
		"clients": map[string]any{
			"portal": map[string]any{"kind": "public", "groups": []string{"patients"}, "accessTokenMinutes": 15},
			"ward":   map[string]any{"kind": "confidential", "groups": []string{"clinicians"}, "accessTokenMinutes": 30},
			"etl":    map[string]any{"kind": "service", "groups": []string{}, "accessTokenMinutes": 60},
		},
	}
	maps.Copy(outputs, changes)
	text, err := json.Marshal(outputs)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// permit allows what the policy allows, and notes what was asked for.
func (c *clinic) permit(documents []deploypolicy.Document, action, arn string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used[action] = true
	for _, document := range documents {
		for _, statement := range document.Statement {
			if statement.Effect == "Allow" && len(statement.Condition) == 0 && slices.Contains(statement.Action, action) && slices.Contains(statement.Resource, arn) {
				return nil
			}
		}
	}
	return errors.New("no statement of the operator's policy allows it")
}

// run runs a command of users with text on standard input.
func (c *clinic) run(stdin string, args ...string) (out, notes string, err error) {
	c.t.Helper()
	return executeWith(c.t, strings.NewReader(stdin), append(append([]string{"users"}, args...), "--local", c.dir)...)
}

// does wants a command to print exactly this.
func (c *clinic) does(want string, args ...string) (notes string) {
	c.t.Helper()
	out, notes, err := c.run("", args...)
	if err != nil || out != want {
		c.t.Errorf("%v: got %q and %v, want %q", args, out, err, want)
	}
	return notes
}

func (c *clinic) file(text string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "users.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// TestTheOperatorsRightsAreExactlyThoseThatTheCommandsUse runs every command against a pool
// that enforces the policy: a right too few fails a command, and one too many is left over.
func TestTheOperatorsRightsAreExactlyThoseThatTheCommandsUse(t *testing.T) {
	c := newClinic(t)
	c.does("dr.lee: created (custom:fhirUser, email, group clinicians)\n",
		"create", "dr.lee", "--email", "lee@example.org", "--fhir-user", "Practitioner/7", "--group", "clinicians")
	c.does("dr.lee: unchanged\n", "create", "dr.lee", "--email", "lee@example.org", "--fhir-user", "Practitioner/7", "--group", "clinicians")
	c.does("dr.lee: updated (invited)\n", "invite", "dr.lee")
	c.does("dr.lee: updated (custom:patient)\n", "link", "dr.lee", "--patient", "patient-002")
	c.does("dr.lee: updated (custom:patient)\n", "unlink", "dr.lee", "--patient")
	c.does("dr.lee: unchanged\n", "unlink", "dr.lee", "--patient")
	c.does("dr.lee: updated (group patients)\n", "groups", "add", "dr.lee", "clinicians", "patients")
	c.does("dr.lee: updated (group patients)\n", "groups", "remove", "dr.lee", "patients")
	c.does("dr.lee: unchanged\n", "groups", "remove", "dr.lee", "patients")
	c.does("dr.lee: updated (disabled)\n", "disable", "dr.lee")
	c.does("dr.lee: unchanged\n", "disable", "dr.lee")
	c.does("dr.lee: updated (enabled)\n", "enable", "dr.lee")
	c.does("dr.lee: unchanged\n", "enable", "dr.lee")
	c.does("dr.lee: updated (signed out)\n", "sign-out", "dr.lee")
	if out, _, err := c.run("Lees-own-1\n", "password", "dr.lee"); err != nil || out != "dr.lee: updated (password)\n" {
		t.Errorf("password: got %q and %v", out, err)
	}
	c.does("username  dr.lee\nstatus    CONFIRMED\nenabled   true\ngroups    clinicians\nclients   ward\n", "show", "dr.lee")
	c.does("USERNAME  STATUS     ENABLED\nann       CONFIRMED  true\ndr.lee    CONFIRMED  true\n", "list")
	c.does("USERNAME  STATUS     ENABLED  fhirUser\ndr.lee    CONFIRMED  true     Practitioner/7\n", "list", "--group", "clinicians", "--show", "fhirUser")
	c.does("line 2  bob  created (email, group patients)\n", "import", c.file("username,email,groups\nbob,bob@example.org,patients\n"))
	c.does("username,email,patient,fhirUser,groups\nann,ann@example.org,patient-001,,patients\nbob,bob@example.org,,,patients\n"+
		"dr.lee,lee@example.org,,Practitioner/7,clinicians\n", "export", "-")
	c.does("bob: updated (deleted)\n", "delete", "bob", "--yes")
	c.does("bob: unchanged\n", "delete", "bob", "--yes")

	documents, err := deploypolicy.Operator(declaredtest.Graph(t, "dev", nil), clinicPool)
	if err != nil {
		t.Fatal(err)
	}
	var granted []string
	for _, document := range documents {
		for _, statement := range document.Statement {
			granted = append(granted, statement.Action...)
		}
	}
	slices.Sort(granted)
	if used := slices.Sorted(maps.Keys(c.used)); !slices.Equal(used, granted) {
		t.Errorf("the commands use %v\nand the policy allows %v", used, granted)
	}
}

func TestWhatStaysValidAfterAChangeIsSaid(t *testing.T) {
	c := newClinic(t)
	notes := c.does("ann: updated (signed out)\n", "sign-out", "ann")
	for _, want := range []string{
		"Refresh tokens no longer work.", "access tokens at the datastore: until they expire, at most 30 minutes\n",
		`a browser's session at the sign-in page: up to an hour; a disabled user cannot sign in`,
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("sign-out: %q lacks %q", notes, want)
		}
	}
	const tokens = "Access tokens from before this stay valid at the datastore until they expire, at most 30 minutes.\n"
	for _, args := range [][]string{
		{"unlink", "ann", "--patient"}, {"link", "ann", "--patient", "patient-003"}, {"disable", "ann"}, {"delete", "ann", "--yes"},
	} {
		if _, notes, err := c.run("", args...); err != nil || !strings.HasSuffix(notes, tokens) {
			t.Errorf("%v: got %q and %v, want %q", args, notes, err, tokens)
		}
	}
	notes = c.does("carl: created (email)\n", "create", "carl", "--email", "carl@example.org")
	if want := "The local cloud sends no mail: set a password with \"smartlake users password\".\n"; notes != want {
		t.Errorf("create: got %q, want %q", notes, want)
	}
	notes = c.does("carl: updated (group clinicians)\n", "groups", "add", "carl", "clinicians")
	if want := "Users in clinicians may use ward.\n" + tokens; notes != want {
		t.Errorf("groups add: got %q, want %q", notes, want)
	}
	c.does("carl: updated (group patients)\n", "groups", "add", "carl", "patients")
	notes = c.does("carl: updated (group patients)\n", "groups", "remove", "carl", "patients")
	// The tokens of ward, which the group does not admit to, are valid for longer.
	if want := "portal is only for users in patients.\n" + strings.Replace(tokens, "30", "15", 1); notes != want {
		t.Errorf("groups remove: got %q, want %q", notes, want)
	}
	notes = c.does("carl: updated (custom:patient)\n", "link", "carl", "--patient", "patient-003")
	if want := "Not looked up: whether the datastore has the linked resource. --check looks.\n"; !strings.HasPrefix(notes, want) {
		t.Errorf("link: got %q, want %q", notes, want)
	}
}

func TestAWrongUserIsRefusedWithTheNextStep(t *testing.T) {
	c := newClinic(t)
	for name, line := range map[string]struct {
		args []string
		want string
	}{
		"a patient that is none":   {[]string{"create", "bob", "--email", "b@example.org", "--patient", "Patient/1"}, `--patient: "Patient/1": must be a FHIR id`},
		"a fhirUser that is none":  {[]string{"link", "ann", "--fhir-user", "Observation/1"}, `--fhir-user: "Observation/1": must be <type>/<id>`},
		"both":                     {[]string{"link", "ann", "--patient", "a b", "--fhir-user", "x"}, `--patient: "a b": must be a FHIR id: 1 to 64 letters, digits, - and ., and not . or ..; --fhir-user: "x"`},
		"an address as a name":     {[]string{"create", "bob@example.org", "--email", "bob@example.org"}, `USERNAME: "bob@example.org": must not be an email address; users of this pool sign in by email besides their name`},
		"a name with a space":      {[]string{"create", "bob x", "--email", "b@example.org"}, `USERNAME: "bob x": must be 1 to 128 printable characters without white space`},
		"no address":               {[]string{"create", "bob"}, `--email: missing; every user of this pool has one`},
		"an address that is none":  {[]string{"create", "bob", "--email", "bob"}, `--email: "bob": must be an email address`},
		"another's address":        {[]string{"create", "bob", "--email", "ann@example.org"}, `--email: "ann@example.org": another user of the pool signs in with it`},
		"an undeclared group":      {[]string{"groups", "add", "ann", "others"}, `GROUP: "others": must be one of clinicians, patients`},
		"a group to leave":         {[]string{"groups", "remove", "ann", "others"}, `GROUP: "others": must be one of clinicians, patients`},
		"a link in place":          {[]string{"link", "ann", "--patient", "patient-002"}, `--patient: "patient-002": the user is linked to another one; replace the link with --relink, or leave it out`},
		"an attribute of the link": {[]string{"create", "bob", "--email", "b@example.org", "--attribute", "custom:patient=1"}, `--attribute custom:patient: links the user to a FHIR resource`},
		"an unknown attribute":     {[]string{"create", "bob", "--email", "b@example.org", "--attribute", "shoe=1"}, `--attribute shoe: must be an attribute of the user pool that can be changed`},
		"a missing pool attribute": {[]string{"link", "ann", "--patient", "1", "--patient-attribute", "pid"}, `--patient: the user pool has no attribute custom:pid; its custom attributes are: custom:fhirUser, custom:patient`},
		"nobody to link":           {[]string{"link", "nobody", "--patient", "1"}, `USERNAME: "nobody": no such user in the pool us-east-1_AbCdEfGhI`},
		"nobody to disable":        {[]string{"disable", "nobody"}, `USERNAME: "nobody": no such user`},
		"nobody to show":           {[]string{"show", "nobody"}, `USERNAME: "nobody": no such user`},
		"an invitation too late":   {[]string{"invite", "ann"}, `USERNAME: "ann": has no temporary password (status CONFIRMED)`},
		"a deletion without yes":   {[]string{"delete", "ann"}, `--yes: missing; a deleted user cannot be restored`},
		"an unknown status":        {[]string{"list", "--status", "confirmed"}, `--status: "confirmed": must be one of CONFIRMED, `},
		"a list of another group":  {[]string{"list", "--group", "others"}, `--group: "others": must be one of clinicians, patients`},
		"a negative limit":         {[]string{"list", "--limit", "-1"}, `--limit: -1: must be 1 or more`},
		"too many at once":         {[]string{"import", "x", "--concurrency", "21"}, `--concurrency: 21: must be 1 to 20`},
		"no file":                  {[]string{"import", "missing.csv"}, `missing.csv: no such file`},
	} {
		out, _, err := c.run("", line.args...)
		if err == nil || out != "" || statusOf(err) != statusCannotRun || !strings.Contains(err.Error(), line.want) {
			t.Errorf("%s: got %q, %v with status %d, want %q", name, out, err, statusOf(err), line.want)
		}
	}
	c.does("USERNAME  STATUS     ENABLED  patient\nann       CONFIRMED  true     patient-001\n", "list", "--show", "patient")
}

func TestAPasswordComesFromStandardInputAndIsNeverPrinted(t *testing.T) {
	c := newClinic(t)
	const secret = "Bobs-own-secret-1"
	out, notes, err := c.run(secret+"\r\n", "create", "bob", "--email", "bob@example.org", "--password-stdin")
	if err != nil || out != "bob: created (email, password)\n" || strings.Contains(out+notes, secret) {
		t.Errorf("got %q, %q and %v", out, notes, err)
	}
	c.does("USERNAME  STATUS     ENABLED\nbob       CONFIRMED  true\n", "list", "--email-prefix", "bob")
	out, notes, err = c.run(secret, "create", "bob", "--email", "bob@example.org", "--password-stdin")
	if want := "The user was there: its password is as it was."; err != nil || out != "bob: unchanged\n" || !strings.Contains(notes, want) {
		t.Errorf("again: got %q, %q and %v", out, notes, err)
	}
	out, _, err = c.run(secret, "password", "bob", "--temporary")
	if err != nil || out != "bob: updated (password)\n" {
		t.Errorf("temporary: got %q and %v", out, err)
	}
	c.does("USERNAME  STATUS                 ENABLED\nbob       FORCE_CHANGE_PASSWORD  true\n", "list", "--status", "FORCE_CHANGE_PASSWORD")
	for stdin, want := range map[string]string{
		"":                        "the password on standard input: must be one line with up to 256 characters",
		"\n":                      "the password on standard input: must be one line",
		strings.Repeat("x", 3000): "the password on standard input: must be one line",
		"weaksecret":              "AdminSetUserPassword: InvalidPasswordException: Password did not conform with policy",
		"nosymbolSecret1":         "Password must have symbol characters",
	} {
		out, notes, err := c.run(stdin, "password", "bob")
		if err == nil || !strings.Contains(err.Error(), want) || stdin != "" && stdin != "\n" && strings.Contains(out+notes+err.Error(), stdin) {
			t.Errorf("%.20q: got %q, %q and %v, want %q", stdin, out, notes, err, want)
		}
	}
	_, _, err = c.run("weaksecret", "create", "carl", "--email", "carl@example.org", "--password-stdin")
	if want := "carl was created, without a password that anybody knows: AdminSetUserPassword: InvalidPasswordException: "; err == nil || statusOf(err) != statusFailed || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("a weak password: got %v", err)
	}
	for _, command := range everyCommand(usersCommand()) {
		if flag := command.Flags().Lookup("password"); flag != nil {
			t.Errorf("%s takes a password on the command line", command.CommandPath())
		}
	}
}

func TestAPasswordThatIsTypedIsAskedForTwice(t *testing.T) {
	for want, typed := range map[string][]string{
		"Anns-own-1": {"Anns-own-1", "Anns-own-1"}, "the password: the two differ; try again": {"Anns-own-1", "Anns-own-2"},
		"the password on standard input: must be one line with up to 256 characters": {"", ""}, "the password: EOF": {"Anns-own-1"},
	} {
		var prompts string
		got, err := askTwice(func(prompt string) (string, error) {
			prompts += prompt
			if len(typed) == 0 {
				return "", io.EOF
			}
			text := typed[0]
			typed = typed[1:]
			return text, nil
		})
		if err != nil {
			got = err.Error()
		}
		if got != want || prompts != "Password: Again: " || strings.Contains(fmt.Sprint(err), "Anns") {
			t.Errorf("got %q after %q, want %q", got, prompts, want)
		}
	}
}

func TestOnlyWhatIsAskedForIsPrintedOfAUser(t *testing.T) {
	c := newClinic(t)
	out, notes, err := c.run("", "list", "--patient", "patient-001", "--json")
	if want := "[\n  {\n    \"username\": \"ann\",\n    \"status\": \"CONFIRMED\",\n    \"enabled\": true\n  }\n]\n"; err != nil || out != want {
		t.Errorf("got %s and %v, want %s", out, err, want)
	}
	if strings.Contains(notes, "ann") {
		t.Errorf("the progress tells %q", notes)
	}
	out, _, err = c.run("", "show", "ann", "--show", "email,patient,custom:fhirUser", "--json")
	var shown struct {
		Groups, Clients []string
		Attributes      map[string]string
	}
	if jsonErr := json.Unmarshal([]byte(out), &shown); err != nil || jsonErr != nil || fmt.Sprint(shown) != "{[patients] [portal] map[email:ann@example.org patient:patient-001]}" {
		t.Errorf("got %v, %v and %v", shown, err, jsonErr)
	}
	for _, args := range [][]string{{"list", "--show", "given_name"}, {"show", "ann", "--show", "given_name"}} {
		if out, _, err := c.run("", args...); err != nil || strings.Contains(out, "\x1b") || !strings.Contains(out, `"Ann\x1b[31m"`) {
			t.Errorf("%v: got %q and %v, want no escape sequence", args, out, err)
		}
	}
	c.does("USERNAME  STATUS  ENABLED\n", "list", "--disabled")
}

func TestWhatNoUserOfThePoolCanHaveIsNotShownAsEmpty(t *testing.T) {
	c := newClinic(t)
	for _, args := range [][]string{{"list", "--show", "email,lastSignIn"}, {"show", "ann", "--show", "lastSignIn"}} {
		out, _, err := c.run("", args...)
		if out != "" || statusOf(err) != statusCannotRun ||
			!strings.HasPrefix(err.Error(), `--show: "lastSignIn": must be one of created, patient, fhirUser, `) || !strings.Contains(err.Error(), ", email, ") {
			t.Errorf("%v: printed %q, got %v", args, out, err)
		}
	}
	_, _, err := c.run("", "list", "--show", "patient", "--patient-attribute", "person")
	want := `--show: "patient": the user pool has no attribute custom:person; its custom attributes are: custom:fhirUser, custom:patient`
	if err == nil || err.Error() != want || statusOf(err) != statusCannotRun {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnImportReportsEveryRowAndCanBeRunAgain(t *testing.T) {
	c := newClinic(t)
	file := c.file("\ufeffusername,email,patient,fhirUser,groups,given_name\r\n" +
		"ann,ann@example.org,,Patient/patient-001,patients,\r\n" +
		"bob,bob@example.org,patient-002,,patients clinicians,Bób\r\n" +
		"\"=cmd|'/c calc'!A1\",x,,,,\r\n" +
		"carl,carl@example.org,,,others,\r\n" +
		"ann2,ann@example.org,,,,\r\n")
	report := filepath.Join(t.TempDir(), "report.csv")
	const (
		refusals = "line 4  \"=cmd|'/c calc'!A1\"  refused: username: \"=cmd|'/c calc'!A1\": must be 1 to 128 printable characters without white space; email: \"x\": must be an email address\n" +
			"line 5  carl  refused: groups: \"others\": must be one of clinicians, patients\n" +
			"line 6  ann2  refused: email: \"ann@example.org\": the address of line 2 too; users sign in with it, so that each needs their own\n"
		first = "line 2  ann  updated (custom:fhirUser)\nline 3  bob  created (custom:patient, email, given_name, group patients, group clinicians)\n" + refusals
	)
	for _, step := range []struct {
		args                []string
		out, summary, state string
	}{
		{[]string{"--dry-run"}, first, "1 created, 1 updated, 3 refused (dry run: nothing was changed)", "ann"},
		{[]string{"--report", report}, first, "1 created, 1 updated, 3 refused", "ann bob"},
		{nil, refusals, "2 unchanged, 3 refused", "ann bob"},
	} {
		out, notes, err := c.run("", append([]string{"import", file}, step.args...)...)
		if err == nil || err.Error() != "not all rows were done: "+step.summary || statusOf(err) != statusFailed || out != step.out || !strings.HasSuffix(notes, step.summary+"\n") {
			t.Errorf("%v: got %s\n%s and %v, want\n%s", step.args, out, notes, err, step.out)
		}
		list, _, err := c.run("", "list")
		if names := strings.Join(firstColumn(list), " "); err != nil || names != step.state {
			t.Errorf("%v: there are %s and %v, want %s", step.args, names, err, step.state)
		}
	}
	want := "line,username,result,changes,reason\n2,ann,updated,custom:fhirUser,\n" +
		"3,bob,created,custom:patient email given_name group patients group clinicians,\n" +
		`4,'=cmd|'/c calc'!A1,refused,,"username: ""=cmd|'/c calc'!A1"": must be 1 to 128 printable characters without white space; email: ""x"": must be an email address"` + "\n"
	if got := read(t, report); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 6 {
		t.Errorf("the report is\n%s\nwant\n%s", got, want)
	}
	if info, err := os.Stat(report); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the report has the mode %v, %v", info.Mode(), err)
	}
	if _, _, err := c.run("", "import", file, "--report", report); err == nil || statusOf(err) != statusCannotRun || !strings.HasPrefix(err.Error(), "--report: ") {
		t.Errorf("over a report: got %v", err)
	}
	out, _, err := c.run("username,patient\nann,patient-001\n", "import", "-", "--json")
	if want := `{"dryRun":false,"counts":{"created":0,"failed":0,"not tried":0,"refused":0,"unchanged":1,"updated":0},"rows":[{"line":2,"username":"ann","result":"unchanged"}]}`; err != nil || compacted(t, out) != want {
		t.Errorf("got %s and %v, want %s", compacted(t, out), err, want)
	}
}

func firstColumn(table string) []string {
	var names []string
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		names = append(names, strings.Fields(line)[0])
	}
	return names
}

func compacted(t *testing.T, text string) string {
	t.Helper()
	var into bytes.Buffer
	if err := json.Compact(&into, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return into.String()
}

func TestAnImportStopsWhereEveryRowWouldFailAlike(t *testing.T) {
	c := newClinic(t)
	path := filepath.Join(c.dir, local.CredentialsName)
	stale := strings.Replace(read(t, path), "AWS_SECRET_ACCESS_KEY=", "AWS_SECRET_ACCESS_KEY=x", 1)
	if err := os.WriteFile(path, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := c.run("", "import", c.file("username\nann\n"))
	if err == nil || statusOf(err) != statusCannotRun || !strings.HasPrefix(err.Error(), "DescribeUserPool: InvalidSignatureException: ") {
		t.Errorf("got %v with status %d", err, statusOf(err))
	}
}

// withoutAWS is an environment in which AWS's SDK finds nothing, and asks nobody.
func withoutAWS(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": filepath.Join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(home, "credentials"),
		"AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
	} {
		t.Setenv(name, value)
	}
}

// Cognito is reached as AWS's SDKs are told to: here by a profile, and at another endpoint.
func TestTheCallersOwnCredentialsAndEndpointsCount(t *testing.T) {
	c := newClinic(t)
	withoutAWS(t)
	credentials, err := local.ReadCredentials(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	profile := fmt.Sprintf("[profile operator]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\nregion = eu-west-1\n",
		credentials.AccessKeyID, credentials.SecretAccessKey, credentials.SessionToken)
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_PROFILE", "operator")
	t.Setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", c.url)
	outputs := filepath.Join(t.TempDir(), "outputs.json")
	if err := os.WriteFile(outputs, clinicOutputs(t, "https://cognito-idp.us-east-1.amazonaws.com/"+clinicPool, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := execute(t, "users", "list", "--outputs", outputs, "--ca", filepath.Join(c.dir, local.CertificateName))
	if want := "USERNAME  STATUS     ENABLED\nann       CONFIRMED  true\n"; err != nil || out != want {
		t.Errorf("got %q and %v, want %q", out, err, want)
	}
}

func TestWithoutAWSCredentialsOrAPoolNothingIsAsked(t *testing.T) {
	c := newClinic(t)
	withoutAWS(t)
	outputs := filepath.Join(t.TempDir(), "outputs.json")
	for want, changes := range map[string]map[string]any{
		"AWS credentials: none found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: ": nil,
		`output userPoolId: "": must be the id of a user pool; run "pulumi up"`:                          {"userPoolId": ""},
		`output userPoolId: "../x": must be the id of a user pool`:                                       {"userPoolId": "../x"},
		"output launchContext: must be an object with patientAttribute and fhirUserAttribute, strings":   {"launchContext": "x"},
	} {
		if err := os.WriteFile(outputs, clinicOutputs(t, "https://cognito-idp.us-east-1.amazonaws.com/"+clinicPool, changes), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := execute(t, "users", "list", "--outputs", outputs)
		if err == nil || statusOf(err) != statusCannotRun || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if len(c.used) != 0 {
		t.Errorf("asked for %v", c.used)
	}
	_, _, err := execute(t, "users", "list")
	if err == nil || statusOf(err) != statusCannotRun || !strings.Contains(err.Error(), "[stack outputs local]") {
		t.Errorf("without a stack: got %v", err)
	}
	if _, _, err := execute(t, "users", "lst"); err == nil || statusOf(err) != statusCannotRun || !strings.Contains(err.Error(), `unknown command "lst"`) {
		t.Errorf("a misspelt command: got %v", err)
	}
}

// A signature shows the session token to whoever gets it.
func TestASignedRequestFollowsNoRedirect(t *testing.T) {
	c := newClinic(t)
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a request of %s went elsewhere, with a session token: %t", r.Header.Get("X-Amz-Target"), r.Header.Get("X-Amz-Security-Token") != "")
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer elsewhere.Close()
	redirecting := httptest.NewTLSServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer redirecting.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: redirecting.Certificate().Raw}) // of both
	for name, text := range map[string][]byte{
		local.CertificateName: certificate, local.OutputsName: clinicOutputs(t, redirecting.URL+"/"+clinicPool, nil),
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, _, err := c.run("", "show", "ann"); err == nil || out != "" || !strings.HasPrefix(err.Error(), "AdminGetUser: ") {
		t.Errorf("got %q and %v, want no answer", out, err)
	}
}
