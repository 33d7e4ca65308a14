package decision_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/decision"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const endpoint = "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/"

var asked = time.Unix(1768478400, 0)

// config has one client for users and one service.
func config(change func(*validator.Client)) validator.Config {
	app := validator.Client{ID: "app", FHIRUserTypes: []string{"Practitioner"}}
	if change != nil {
		change(&app)
	}
	return validator.Config{
		Issuers: []string{"https://issuer.example"}, Clients: []validator.Client{{ID: "service"}, app},
		Strategy: smart.SMARTOnFHIR, ReadRoleARN: "arn:read", WriteRoleARN: "arn:write", ExportRoleARN: "arn:export",
	}
}

// claims of a user's token with everything that scopes need, after the changes: nil removes.
func claims(t *testing.T, changes map[string]any) []byte {
	t.Helper()
	members := map[string]any{
		"iss": "https://issuer.example", "token_use": "access", "client_id": "app", "sub": "a-user", "username": "ann",
		"iat": asked.Unix() - 60, "exp": asked.Unix() + 60, "patient": "p1", "fhirUser": "Practitioner/1", "scope": "patient/*.rs",
	}
	for name, value := range changes {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func service(scope string) map[string]any {
	return map[string]any{"client_id": "service", "sub": "service", "username": nil, "patient": nil, "fhirUser": nil, "scope": scope}
}

// explain has the answer that the rules come to.
func explain(t *testing.T, config validator.Config, content []byte, operation string) decision.Decision {
	t.Helper()
	event := validator.Event{DatastoreEndpoint: endpoint, OperationName: operation}
	by := validator.Explain(config, content, event, asked)
	answer := validator.Answer{AuthPayload: validator.AuthPayload{IsAuthorized: "false", Error: by.Reason}}
	if by.Reason == "" {
		var counting []string
		for _, scope := range by.Scopes {
			if scope.Effect == validator.ScopeCounts {
				counting = append(counting, scope.Text)
			}
		}
		answer.AuthPayload = validator.AuthPayload{IsAuthorized: "true", Scope: strings.Join(counting, " ")}
		answer.IAMRoleARN = map[validator.Role]string{validator.ReadRole: "arn:read", validator.WriteRole: "arn:write", validator.ExportRole: "arn:export"}[by.Role]
	}
	d := decision.Explain(config, content, event, answer, asked)
	if d.Differs != "" {
		t.Errorf("%s: differs from itself: %s", content, d.Differs)
	}
	return d
}

func TestAScopeThatDidNotCountSaysWhyNot(t *testing.T) {
	for _, c := range []struct {
		name   string
		client func(*validator.Client)
		claims map[string]any
		want   string
	}{
		{"it counts", nil, nil, "patient/*.rs counts: to read, search every resource of the patient in context."},
		{"no patient", nil, map[string]any{"patient": nil}, "patient/*.rs did not count: the token has no patient."},
		{"a patient that is none", nil, map[string]any{"patient": "a b"},
			"patient/*.rs did not count: the token's claims patient and launch_response_patient are not one FHIR id."},
		{"no fhirUser", nil, map[string]any{"scope": "user/*.rs", "fhirUser": nil}, "user/*.rs did not count: the token has no fhirUser."},
		{"a fhirUser that is none", nil, map[string]any{"scope": "user/*.rs", "fhirUser": "Group/1"},
			"user/*.rs did not count: the token's fhirUser must be " + smart.FHIRUserForm + "."},
		{"another type", nil, map[string]any{"scope": "user/*.rs", "fhirUser": "Patient/1"},
			"user/*.rs did not count: this client is for Practitioner, and the token's fhirUser is a Patient."},
		{"no types", func(c *validator.Client) { c.FHIRUserTypes = nil }, map[string]any{"scope": "user/*.rs"},
			"user/*.rs did not count: this client has no fhirUserTypes, so no user/ scope counts."},
		{"no group", func(c *validator.Client) { c.Groups = []string{"clinicians", "nurses"} }, nil,
			"patient/*.rs did not count: this client is for users in clinicians or nurses, and the user is in no group."},
		{"another group", func(c *validator.Client) { c.Groups = []string{"clinicians"} }, map[string]any{"cognito:groups": []string{"a", "b"}},
			"patient/*.rs did not count: this client is for users in clinicians, and the user is in a, b."},
		{"a user's system scope", nil, map[string]any{"scope": "system/*.rs"}, "system/*.rs did not count: a user's token has no system/ scopes."},
		{"a client's patient scope", nil, service("patient/*.rs"),
			"patient/*.rs did not count: the token is the client's own, and only a user's token has patient/ and user/ scopes."},
		{"a sign-in scope", nil, map[string]any{"scope": "openid"}, "openid is for the sign-in and gives no access to FHIR data."},
		{"another one", nil, map[string]any{"scope": "offline_access"}, "offline_access is for the sign-in and gives no access to FHIR data."},
		{"a misspelt one", nil, map[string]any{"scope": "patient/Patients.rs"},
			`Not a scope that counts: "patient/Patients.rs": unknown FHIR R4 resource type: must be a FHIR R4 resource type or *.`},
	} {
		d := explain(t, config(c.client), claims(t, c.claims), "ReadResource")
		if len(d.Scopes) != 1 || d.Scopes[0].Says != c.want || d.Scopes[0].Counts != (c.name == "it counts") ||
			d.Scopes[0].SignIn != strings.Contains(c.want, "for the sign-in") {
			t.Errorf("%s: got %+v\nwant %s", c.name, d.Scopes, c.want)
		}
	}
	old := config(nil)
	old.Strategy = smart.SMARTOnFHIRV1
	want := "patient/*.rs did not count: the datastore's authorization strategy accepts SMART v1 scopes only, such as patient/*.read."
	if d := explain(t, old, claims(t, nil), "ReadResource"); len(d.Scopes) != 1 || d.Scopes[0].Says != want {
		t.Errorf("got %+v, want %s", d.Scopes, want)
	}
}

func TestTheRoleIsExplained(t *testing.T) {
	const export = "StartFHIRExportJobWithPost"
	for _, c := range []struct {
		claims                map[string]any
		operation, role, says string
	}{
		{nil, "ReadResource", "read", "Every scope that counts only reads or searches."},
		{map[string]any{"scope": "patient/*.rs user/Patient.cu"}, "ReadResource", "write", "user/Patient.cu may change data."},
		{service("system/*.rs"), export, "export", "The operation starts an export, and the client's system/ scopes read and search every resource."},
		{service("system/Patient.rs"), export, "read", "Every scope that counts only reads or searches. The role cannot export: that needs a client's own token with system/ scopes that read and search every resource."},
	} {
		if d := explain(t, config(nil), claims(t, c.claims), c.operation); d.Role != c.role || d.RoleSays != c.says || !d.Granted {
			t.Errorf("%v: got %+v, want %s: %s", c.claims, d, c.role, c.says)
		}
	}
}

func TestTheOutcomeIsASentence(t *testing.T) {
	for _, c := range []struct {
		claims       map[string]any
		says, holder string
	}{
		{nil, "Granted: 1 of 1 scopes counts.", "The token is a user's."},
		{map[string]any{"scope": "openid patient/*.rs user/*.rs"}, "Granted: 2 of 3 scopes count.", "The token is a user's."},
		{service("patient/*.rs"), "Refused: no scope of the token counts.", "The token is the client's own: it has no user."},
		{map[string]any{"exp": 1}, "Refused: the token has expired. Get a new one.", "The token is a user's."},
		{map[string]any{"client_id": "x"}, "Refused: the stack has no client with the token's client_id.", "The token is a user's."},
		{map[string]any{"sub": ""}, "Refused: the token is neither a user's nor a client's own.", ""},
	} {
		if d := explain(t, config(nil), claims(t, c.claims), "ReadResource"); d.Says != c.says || d.Holder != c.holder {
			t.Errorf("%v: got %+v, want %s %s", c.claims, d, c.says, c.holder)
		}
	}
}

func TestClaimsThatNobodyVouchesForAreNotExplained(t *testing.T) {
	answer := validator.Answer{AuthPayload: validator.AuthPayload{IsAuthorized: "false", Error: validator.SignatureInvalid}}
	d := decision.Explain(config(nil), claims(t, nil), validator.Event{DatastoreEndpoint: endpoint, OperationName: "ReadResource"}, answer, asked)
	if d.Scopes != nil || d.Holder != "" || d.Granted || d.Says != "Refused: the signature does not fit the token: somebody changed it, or another key signed it." {
		t.Errorf("got %+v", d)
	}
}

func TestAnAnswerByOtherRulesIsSaidToDiffer(t *testing.T) {
	event := validator.Event{DatastoreEndpoint: endpoint, OperationName: "ReadResource"}
	granted := validator.AuthPayload{IsAuthorized: "true", Scope: "patient/*.rs"}
	for name, c := range map[string]struct {
		answer validator.Answer
		want   string
	}{
		"another refusal": {validator.Answer{AuthPayload: validator.AuthPayload{IsAuthorized: "false", Error: validator.TokenExpired}},
			"The validator answered the refusal token_expired; by the rules of this version of Smartlake the answer is a grant."},
		"other scopes": {validator.Answer{AuthPayload: validator.AuthPayload{IsAuthorized: "true", Scope: "patient/*.cruds"}, IAMRoleARN: "arn:read"},
			`The validator answered with the scopes "patient/*.cruds"; by the rules of this version of Smartlake "patient/*.rs" count.`},
		"another role": {validator.Answer{AuthPayload: granted, IAMRoleARN: "arn:write"},
			`The validator answered with the role "arn:write"; by the rules of this version of Smartlake it is "arn:read".`},
		"the same": {validator.Answer{AuthPayload: granted, IAMRoleARN: "arn:read"}, ""},
	} {
		if d := decision.Explain(config(nil), claims(t, nil), event, c.answer, asked); d.Differs != c.want {
			t.Errorf("%s: got %q, want %q", name, d.Differs, c.want)
		}
	}
}

func TestScopesThatATokenLacksSayWhy(t *testing.T) {
	got := decision.Missing([]string{"openid", "patient/*.rs", "user/*.rs"}, []string{"openid"}, []string{"openid", "patient/*.rs"})
	want := []decision.Scope{
		{Text: "patient/*.rs", Says: "patient/*.rs is not in the token: the authorization server did not grant it to this client."},
		{Text: "user/*.rs", Says: "user/*.rs is not in the token: it is not among the client's declared scopes."},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got = decision.NotAsked([]string{"openid", "patient/*.rs"}, []string{"openid"})
	want = []decision.Scope{{Text: "patient/*.rs", Says: "patient/*.rs is not in the token: the client may ask for it, and the app did not."}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEveryReasonOfTheValidatorHasASentence(t *testing.T) {
	reasons := reasonsOfTheValidator(t)
	if len(reasons) < 20 {
		t.Fatalf("read only the reasons %q", reasons)
	}
	for _, reason := range reasons {
		says := decision.OfReason(reason)
		if strings.Contains(says, "which this version") || !strings.HasSuffix(says, ".") || strings.ToLower(says[:1]) != says[:1] {
			t.Errorf("%s: %q, want a sentence", reason, says)
		}
	}
	if says := decision.OfReason("new_reason"); says != `the validator gives the reason "new_reason", which this version of Smartlake does not know.` {
		t.Error(says)
	}
}

// reasonsOfTheValidator reads the constants of that type.
func reasonsOfTheValidator(t *testing.T) []validator.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../validator/reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []validator.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		reasons = append(reasons, validator.Reason(text))
		return true
	})
	return reasons
}
