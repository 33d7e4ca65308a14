package launchcontext_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/launchcontext"
)

// secret is in every value of the tests' user that no log may hold.
const secret = "secret-"

// fixture is a trigger with what it logs.
type fixture struct {
	*launchcontext.Trigger
	log bytes.Buffer
}

func newFixture(t testing.TB, edits ...func(*launchcontext.Config)) *fixture {
	t.Helper()
	f := &fixture{}
	config := launchcontext.Config{
		PatientAttribute:  "custom:patient",
		FHIRUserAttribute: "custom:fhirUser",
		Logger:            slog.New(slog.NewJSONHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:               func() time.Time { return time.Unix(1768478400, 0) },
	}
	for _, edit := range edits {
		edit(&config)
	}
	trigger, err := launchcontext.New(config)
	if err != nil {
		t.Fatal(err)
	}
	f.Trigger = trigger
	return f
}

// hosted is the event of a sign-in on the hosted pages, as AWS documents it, edited.
func hosted(edits ...func(event map[string]any)) map[string]any {
	event := map[string]any{
		"version":       "2",
		"triggerSource": "TokenGeneration_HostedAuth",
		"region":        "us-east-1",
		"userPoolId":    "us-east-1_example",
		"userName":      secret + "ann",
		"callerContext": map[string]any{"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789"},
		"request": map[string]any{
			"userAttributes": map[string]any{
				"sub": secret + "sub", "cognito:user_status": "CONFIRMED", "email": secret + "ann@example.org",
				"custom:patient": secret + "patient", "custom:fhirUser": "Practitioner/" + secret + "user",
			},
			"groupConfiguration": map[string]any{"groupsToOverride": []any{"a & b"}, "iamRolesToOverride": []any{}, "preferredRole": nil},
			"scopes":             []any{"openid", "launch/patient", "patient/*.rs", "user/*.rs"},
		},
		"response": map[string]any{"claimsAndScopeOverrideDetails": nil},
	}
	for _, edit := range edits {
		edit(event)
	}
	return event
}

func scopes(scopes ...any) func(map[string]any) {
	return func(event map[string]any) { event["request"].(map[string]any)["scopes"] = scopes }
}

func attribute(name string, value any) func(map[string]any) {
	return func(event map[string]any) {
		event["request"].(map[string]any)["userAttributes"].(map[string]any)[name] = value
	}
}

func member(name string, value any) func(map[string]any) {
	return func(event map[string]any) { event[name] = value }
}

func without(name string) func(map[string]any) {
	return func(event map[string]any) { delete(event, name) }
}

func encoded(t testing.TB, event any) []byte {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// assertClaims invokes the trigger and holds the whole answer against the event with
// these claims in its response, for both tokens; without claims it must be the event
// byte for byte.
func (f *fixture) assertClaims(t *testing.T, event map[string]any, claims map[string]any) {
	t.Helper()
	f.assertTokens(t, event, claims, claims)
}

// assertTokens is assertClaims with those of each token; nil is a token that the
// answer does not speak of.
func (f *fixture) assertTokens(t *testing.T, event map[string]any, inID, inAccess map[string]any) {
	t.Helper()
	payload := encoded(t, event)
	answer, err := f.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	if len(inAccess) == 0 {
		if !bytes.Equal(answer, payload) {
			t.Errorf("got  %s\nwant %s", answer, payload)
		}
		return
	}
	var got map[string]any
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	want := maps.Clone(event)
	details := map[string]any{"accessTokenGeneration": map[string]any{"claimsToAddOrOverride": inAccess}}
	if inID != nil {
		details["idTokenGeneration"] = map[string]any{"claimsToAddOrOverride": inID}
	}
	want["response"] = map[string]any{"claimsAndScopeOverrideDetails": details}
	var wanted map[string]any
	if err := json.Unmarshal(encoded(t, want), &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("got  %s\nwant %s", answer, encoded(t, wanted))
	}
}

var (
	thePatient = map[string]any{"patient": secret + "patient"}
	theUser    = map[string]any{"fhirUser": "Practitioner/" + secret + "user"}
	theWhole   = map[string]any{"patient": secret + "patient", "fhirUser": "Practitioner/" + secret + "user"}
)

func TestBothTokensSayWhoTheUserIsAndNothingElseOfTheEventChanges(t *testing.T) {
	newFixture(t).assertClaims(t, hosted(), theWhole)
}

func TestTheAnswerIsThisJSON(t *testing.T) {
	const request = `"request":{"userAttributes":{"custom:patient":"p-1"},"scopes":["patient/*.rs"]}`
	answer, err := newFixture(t).Invoke(t.Context(), []byte(`{"version":"2","triggerSource":"TokenGeneration_HostedAuth",`+request+`,"response":{}}`))
	const claims = `{"claimsToAddOrOverride":{"patient":"p-1"}}`
	want := `{` + request + `,"response":{"claimsAndScopeOverrideDetails":{"idTokenGeneration":` + claims + `,"accessTokenGeneration":` + claims + `}},` +
		`"triggerSource":"TokenGeneration_HostedAuth","version":"2"}`
	if err != nil || string(answer) != want {
		t.Errorf("got  %s (error %v)\nwant %s", answer, err, want)
	}
}

func TestAClaimIsAddedOnlyWhereAScopeCallsForIt(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		scopes []any
		claims map[string]any
	}{
		{[]any{"patient/Observation.read"}, thePatient},
		{[]any{"launch/patient"}, thePatient},
		{[]any{"profile", "patient/*.rs?x=y"}, thePatient},
		{[]any{"user/*.cruds"}, theUser},
		{[]any{"openid"}, theUser},
		{[]any{"openid", "patient/*.rs"}, theWhole},
		{[]any{"user/*.rs", "launch/patient"}, theWhole},
		{[]any{"aws.cognito.signin.user.admin"}, nil},
		{[]any{"profile", "email", "phone"}, nil},
		{[]any{"system/*.*"}, nil},
		{[]any{"patient", "user", "launch", "launch/encounter", "xpatient/*.rs", "x/user/", "OPENID", "Patient/*.rs", " openid", "openid user/*.rs"}, nil},
		{[]any{""}, nil},
		{[]any{}, nil},
		{nil, nil},
	} {
		f.assertClaims(t, hosted(scopes(c.scopes...)), c.claims)
	}
	f.assertClaims(t, hosted(member("request", map[string]any{"userAttributes": map[string]any{"custom:patient": "1"}})), nil)
}

func TestEverySourceOfAUsersTokensGetsTheClaimsAndNoOther(t *testing.T) {
	f := newFixture(t)
	for _, source := range []string{"HostedAuth", "Authentication", "NewPasswordChallenge", "AuthenticateDevice", "RefreshTokens"} {
		for _, version := range []string{"2", "3"} {
			f.assertClaims(t, hosted(member("triggerSource", "TokenGeneration_"+source), member("version", version)), theWhole)
		}
	}
	for _, source := range []any{"TokenGeneration_ClientCredentials", "TokenGeneration_", "PostConfirmation_ConfirmSignUp", "", nil, "tokengeneration_hostedauth"} {
		for _, version := range []string{"2", "3"} {
			f.assertClaims(t, hosted(member("triggerSource", source), member("version", version)), nil)
		}
	}
	f.assertClaims(t, hosted(without("triggerSource")), nil)
}

// withoutScopes are the forms of an event that does not say what was granted.
var withoutScopes = map[string]func(map[string]any){
	"absent": func(event map[string]any) { delete(event["request"].(map[string]any), "scopes") },
	"null":   func(event map[string]any) { event["request"].(map[string]any)["scopes"] = nil },
}

func TestARefreshThatDoesNotSayItsScopesKeepsTheContextInTheAccessTokenAlone(t *testing.T) {
	f := newFixture(t)
	refresh := member("triggerSource", "TokenGeneration_RefreshTokens")
	for form, unsaid := range withoutScopes {
		for _, version := range []string{"2", "3"} {
			f.assertTokens(t, hosted(refresh, unsaid, member("version", version)), nil, theWhole)
		}
		f.assertTokens(t, hosted(refresh, unsaid, attribute("custom:patient", "..")), nil, theUser)
		f.assertTokens(t, hosted(refresh, unsaid, attribute("custom:fhirUser", "")), nil, thePatient)
		f.assertTokens(t, hosted(refresh, unsaid, attribute("custom:patient", ""), attribute("custom:fhirUser", nil)), nil, nil)
		for _, source := range []string{"HostedAuth", "Authentication", "NewPasswordChallenge", "AuthenticateDevice", "ClientCredentials"} {
			t.Run(form+" "+source, func(t *testing.T) {
				f.assertTokens(t, hosted(member("triggerSource", "TokenGeneration_"+source), unsaid), nil, nil)
			})
		}
	}
	f.assertTokens(t, hosted(refresh, without("request")), nil, nil)
}

func TestARefreshThatSaysItsScopesIsTreatedAsASignIn(t *testing.T) {
	f := newFixture(t)
	refresh := member("triggerSource", "TokenGeneration_RefreshTokens")
	for _, granted := range [][]any{{}, {"profile", "email"}, {nil}, {""}} {
		f.assertTokens(t, hosted(refresh, func(event map[string]any) { event["request"].(map[string]any)["scopes"] = granted }), nil, nil)
	}
	f.assertClaims(t, hosted(refresh, scopes("patient/*.rs")), thePatient)
	f.assertClaims(t, hosted(refresh, scopes("openid")), theUser)
	f.assertTokens(t, hosted(refresh, func(event map[string]any) { event["request"].(map[string]any)["scopes"] = "patient/*.rs" }), nil, nil)
}

func TestAnEventOfAnotherVersionComesBackAsItIs(t *testing.T) {
	f := newFixture(t)
	for _, version := range []any{"1", "", "4", "V2_0", nil, 2} {
		f.assertClaims(t, hosted(member("version", version)), nil)
	}
	f.assertClaims(t, hosted(without("version")), nil)
}

func TestAnAttributeThatIsMissingOrMalformedAddsNothingAndCostsTheOtherNothing(t *testing.T) {
	f := newFixture(t)
	for _, value := range []any{
		nil, "", " ", ".", "..", "a/b", "Patient/1", "a b", "a_b", "1\n", "ä", "%41", "1,2", strings.Repeat("a", 65), 1, true, []any{"1"}, map[string]any{},
	} {
		f.assertClaims(t, hosted(attribute("custom:patient", value)), theUser)
	}
	for _, value := range []any{
		nil, "", "1", "Practitioner", "Practitioner/", "Practitioner/..", "Practitioner/a b", "practitioner/1", "Group/1", "Device/1", "/Person/1", "Person/1/",
		"Person/" + strings.Repeat("a", 65), "Patient/1/_history/2", "http://ehr.example.org/Patient/1", "https://ehr.example.org/Group/1",
		"https://ehr.example.org/Patient/1?a=b", "https://ehr.example.org/Patient/1#a", "https://u@ehr.example.org/Patient/1", "https:///Patient/1",
		"https://ehr.example.org/../Patient/1", "https://ehr.example.org//Patient/1", "https://-a/Patient/1", "https://e/" + strings.Repeat("a/", 1020) + "Patient/1",
		1, []any{"Patient/1"},
	} {
		f.assertClaims(t, hosted(attribute("custom:fhirUser", value)), thePatient)
	}
}

func TestWhatIsOfTheRightFormIsAddedAsItIs(t *testing.T) {
	f := newFixture(t)
	for _, value := range []string{"1", "...", "A.b-9", strings.Repeat("z", 64)} {
		f.assertClaims(t, hosted(scopes("launch/patient"), attribute("custom:patient", value)), map[string]any{"patient": value})
	}
	for _, value := range []string{
		"Patient/1", "Practitioner/a.b", "PractitionerRole/x-1", "RelatedPerson/1", "Person/1",
		"https://ehr.example.org/Patient/1", "https://ehr.example.org:8443/fhir/r4/PractitionerRole/1", "https://localhost/~a_b/Person/1",
	} {
		f.assertClaims(t, hosted(scopes("openid"), attribute("custom:fhirUser", value)), map[string]any{"fhirUser": value})
	}
}

func TestOnlyTheConfiguredAttributesCount(t *testing.T) {
	f := newFixture(t, func(c *launchcontext.Config) {
		c.PatientAttribute, c.FHIRUserAttribute = "custom:chart", "custom:person"
	})
	f.assertClaims(t, hosted(attribute("patient", "p-1"), attribute("CUSTOM:CHART", "p-1"), attribute("dev:custom:chart", "p-1")), nil)
	f.assertClaims(t, hosted(attribute("custom:chart", "p-1"), attribute("custom:person", "Patient/p-1")),
		map[string]any{"patient": "p-1", "fhirUser": "Patient/p-1"})
}

func TestWhatCognitoMayAddToTheEventComesBack(t *testing.T) {
	f := newFixture(t)
	f.assertClaims(t, hosted(member("new", map[string]any{"member": []any{1.5, nil, "<&>"}}), func(event map[string]any) {
		event["request"].(map[string]any)["clientMetadata"] = map[string]any{"a": "b"}
	}), theWhole)
	answer, err := f.Invoke(t.Context(), encoded(t, hosted(member("response", map[string]any{"other": 1}), member("large", json.Number("12345678901234567890")))))
	if err != nil || !bytes.Contains(answer, []byte(`"other":1`)) || !bytes.Contains(answer, []byte(`"large":12345678901234567890`)) {
		t.Errorf("got %s (error %v)", answer, err)
	}
	f.assertClaims(t, hosted(without("response")), theWhole)
	f.assertClaims(t, hosted(member("response", nil)), theWhole)
}

func TestAMemberOfAnotherTypeAddsNothing(t *testing.T) {
	f := newFixture(t)
	for name, values := range map[string][]any{
		"version": {2, true, []any{}}, "triggerSource": {1}, "callerContext": {"x", []any{}}, "request": {"x", 1, []any{}}, "response": {"x", 1, []any{}},
	} {
		for _, value := range values {
			f.assertClaims(t, hosted(member(name, value)), nil)
			f.assertReason(t, "event_malformed")
		}
	}
	f.assertClaims(t, hosted(scopes("patient/*.rs", 1)), nil)
	f.assertClaims(t, hosted(func(event map[string]any) { event["request"].(map[string]any)["userAttributes"] = []any{} }), nil)
	f.assertClaims(t, hosted(func(event map[string]any) { event["request"].(map[string]any)["scopes"] = "openid" }), nil)
}

// A name that stands twice, or text that is not UTF-8, is read differently by Cognito and
// by this trigger, perhaps: no claim comes of it, and the sign-in goes on.
func TestAnEventThatTwoReadersMayReadDifferentlyComesBackAsItCame(t *testing.T) {
	f := newFixture(t)
	good := string(encoded(t, hosted()))
	for name, payload := range map[string]string{
		"an attribute twice":           strings.Replace(good, `"userAttributes":{`, `"userAttributes":{"custom:patient":"p-2",`, 1),
		"an attribute twice, escaped":  strings.Replace(good, `"userAttributes":{`, `"userAttributes":{"custom\u003apatient":"p-2",`, 1),
		"a member of the event twice":  strings.Replace(good, `{`, `{"request":{},`, 1),
		"twice where nothing is read":  strings.Replace(good, `{`, `{"new":{"a":1,"a":2},`, 1),
		"an attribute that is no text": strings.Replace(good, `"userAttributes":{`, `"userAttributes":{"x":"\ud800",`, 1),
		"a byte that is no UTF-8":      strings.Replace(good, `"userAttributes":{`, "\"userAttributes\":{\"x\":\"\xff\",", 1),
	} {
		answer, err := f.Invoke(t.Context(), []byte(payload))
		if err != nil || payload == good || string(answer) != payload {
			t.Errorf("%s: got %s (error %v)", name, answer, err)
		}
		f.assertReason(t, "event_malformed")
	}
}

// The pool may define fifty custom attributes, and the standard ones come on top.
func TestAUserOfManyAttributesGetsTheClaims(t *testing.T) {
	f := newFixture(t)
	f.assertClaims(t, hosted(func(event map[string]any) {
		attributes := event["request"].(map[string]any)["userAttributes"].(map[string]any)
		for i := range 100 {
			attributes[fmt.Sprintf("custom:a%d", i)] = "x"
		}
	}), theWhole)
}

func TestWhatIsNoEventIsAClearError(t *testing.T) {
	f := newFixture(t)
	for _, payload := range []string{"", " ", "null", "[]", `"x"`, "1", "{", `{"version":"2"}x`} {
		answer, err := f.Invoke(t.Context(), []byte(payload))
		if !errors.Is(err, launchcontext.ErrEventInvalid) || answer != nil {
			t.Errorf("%q: got %s, error %v", payload, answer, err)
		}
		f.assertReason(t, "event_invalid")
	}
	f.assertClaims(t, map[string]any{}, nil)
}

func TestACallThatHasEndedIsAnsweredAllTheSame(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if answer, err := newFixture(t).Invoke(ctx, encoded(t, hosted())); err != nil || !bytes.Contains(answer, []byte("claimsToAddOrOverride")) {
		t.Errorf("got %s (error %v)", answer, err)
	}
}

func TestAConfigurationThatUsersCouldWriteIsRefused(t *testing.T) {
	const want = "must be a custom attribute, custom:<name>"
	for _, c := range []struct{ patient, fhirUser, want string }{
		{"", "", `PatientAttribute: "": ` + want + "\n" + `FHIRUserAttribute: "": ` + want},
		{"patient", "custom:fhirUser", `PatientAttribute: "patient": ` + want},
		{"custom:patient", "profile", `FHIRUserAttribute: "profile": ` + want},
		{"custom:", "custom:fhirUser", `PatientAttribute: "custom:": ` + want},
		{"dev:patient", "custom:fhirUser", `PatientAttribute: "dev:patient": ` + want},
		{"custom:a", "custom:a", `FHIRUserAttribute: "custom:a": must differ from PatientAttribute`},
	} {
		_, err := launchcontext.New(launchcontext.Config{PatientAttribute: c.patient, FHIRUserAttribute: c.fhirUser})
		if err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	trigger, err := launchcontext.New(launchcontext.Config{PatientAttribute: "custom:a", FHIRUserAttribute: "custom:b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trigger.Invoke(t.Context(), encoded(t, hosted())); err != nil { // logs nowhere, with the real clock
		t.Error(err)
	}
}

// take returns the one line that was logged since the last call.
func (f *fixture) take(t *testing.T) (string, map[string]any) {
	t.Helper()
	text := f.log.String()
	f.log.Reset()
	var line map[string]any
	if strings.Count(text, "\n") != 1 || json.Unmarshal([]byte(text), &line) != nil {
		t.Fatalf("want one line of JSON, got %q", text)
	}
	delete(line, "time")
	return text, line
}

func (f *fixture) assertReason(t *testing.T, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(f.log.String()), "\n")
	f.log.Reset()
	if last := lines[len(lines)-1]; !strings.Contains(last, `"level":"WARN"`) || !strings.Contains(last, `"reason":"`+want+`"`) {
		t.Errorf("got %s, want a warning with the reason %s", last, want)
	}
}

func TestOneLineSaysWhatBecameOfEachClaimAndNoValue(t *testing.T) {
	f := newFixture(t)
	source := "TokenGeneration_HostedAuth"
	line := func(level string, members ...any) map[string]any {
		all := map[string]any{"level": level, "msg": "launch context", "trigger_source": source, "client_id": "1example23456789", "latency_us": 0.0}
		for i := 0; i < len(members); i += 2 {
			all[members[i].(string)] = members[i+1]
		}
		return all
	}
	for what, c := range map[string]struct {
		event map[string]any
		want  map[string]any
	}{
		"both": {hosted(), line("INFO", "patient", "added", "fhirUser", "added")},
		"a refresh": {hosted(member("triggerSource", "TokenGeneration_RefreshTokens")),
			line("INFO", "trigger_source", "TokenGeneration_RefreshTokens", "patient", "added", "fhirUser", "added")},
		"a refresh of unknown scopes": {hosted(member("triggerSource", "TokenGeneration_RefreshTokens"), withoutScopes["absent"], attribute("custom:fhirUser", "")),
			line("INFO", "trigger_source", "TokenGeneration_RefreshTokens", "patient", "added_scopes_unknown", "fhirUser", "attribute_missing")},
		"not asked": {hosted(scopes("profile")), line("INFO", "patient", "not_asked", "fhirUser", "not_asked")},
		"missing": {hosted(attribute("custom:patient", ""), attribute("custom:fhirUser", nil)),
			line("INFO", "patient", "attribute_missing", "fhirUser", "attribute_missing")},
		"malformed": {hosted(attribute("custom:patient", secret+" "), attribute("custom:fhirUser", secret)),
			line("WARN", "patient", "attribute_malformed", "patient_attribute", "custom:patient",
				"fhirUser", "attribute_malformed", "fhirUser_attribute", "custom:fhirUser")},
		"a client": {hosted(member("version", "3"), member("triggerSource", "TokenGeneration_ClientCredentials")),
			line("INFO", "trigger_source", "TokenGeneration_ClientCredentials", "reason", "no_user")},
		"another source":  {hosted(member("triggerSource", secret)), line("WARN", "trigger_source", "other", "reason", "trigger_source_unknown")},
		"another version": {hosted(member("version", "1")), line("WARN", "reason", "event_version_unknown")},
	} {
		if _, err := f.Invoke(t.Context(), encoded(t, c.event)); err != nil {
			t.Fatal(err)
		}
		text, got := f.take(t)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %v\nwant %v", what, got, c.want)
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s: a value is in the log: %s", what, text)
		}
	}
}

func TestTheLinesHaveTheMembersThatQueriesName(t *testing.T) {
	f := newFixture(t)
	for _, event := range []map[string]any{
		hosted(attribute("custom:patient", secret+" "), attribute("custom:fhirUser", secret)), hosted(member("version", "1")),
	} {
		if _, err := f.Invoke(t.Context(), encoded(t, event)); err != nil {
			t.Fatal(err)
		}
	}
	lambdamaintest.AssertMembers(t, f.log.String(), wire.LaunchContextLine())
}

func TestWhatIsNoClientIDIsNotLogged(t *testing.T) {
	f := newFixture(t)
	for _, id := range []any{"", secret + "\n", "a b", strings.Repeat("a", 129), "ä", nil} {
		event := hosted(member("callerContext", map[string]any{"clientId": id}))
		if _, err := f.Invoke(t.Context(), encoded(t, event)); err != nil {
			t.Fatal(err)
		}
		if text, line := f.take(t); line["client_id"] != nil {
			t.Errorf("%v: got %s", id, text)
		}
	}
}

// TestAPanicIsNoFailedSignInAndLogsNoData lets the clock panic each time that the
// trigger looks at it, in turn. The last look is the log line's.
func TestAPanicIsNoFailedSignInAndLogsNoData(t *testing.T) {
	looks, fatal := 0, 1
	f := newFixture(t, func(c *launchcontext.Config) {
		c.Now = func() time.Time {
			if looks++; looks == fatal {
				panic(secret + "panic")
			}
			return time.Unix(1768478400, 0)
		}
	})
	f.assertClaims(t, hosted(), nil)
	text, line := f.take(t)
	if line["level"] != "ERROR" || line["reason"] != "internal_error" || line["panic"] != "string" || strings.Contains(text, secret) {
		t.Errorf("got %s", text)
	}
	frames, _ := line["trace"].([]any)
	if !slices.ContainsFunc(frames, func(frame any) bool { return strings.Contains(frame.(string), "launchcontext.(*Trigger).Invoke") }) {
		t.Errorf("the trace does not lead to the trigger: %v", frames)
	}
	looks, fatal = 0, 2
	f.assertClaims(t, hosted(), theWhole)
	if f.log.Len() > 0 {
		t.Errorf("a line without its latency: %s", f.log.String())
	}
}

func TestALoggerThatPanicsCostsNoAnswer(t *testing.T) {
	f := newFixture(t, func(c *launchcontext.Config) { c.Logger = slog.New(brokenHandler{slog.DiscardHandler}) })
	f.assertClaims(t, hosted(), theWhole)
	f.assertClaims(t, hosted(scopes("profile")), nil)
}

type brokenHandler struct{ slog.Handler }

func (brokenHandler) Enabled(context.Context, slog.Level) bool { return true }

func (brokenHandler) Handle(context.Context, slog.Record) error { panic("broken") }
