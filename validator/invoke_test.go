package validator_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

const invalidEvent = `{"authPayload":{"isAuthorized":"false","error":"event_invalid"}}`

// assertInvoked holds an answer's bytes against the exact JSON.
func (f *fixture) assertInvoked(t *testing.T, payload, want string) {
	t.Helper()
	got, err := f.Invoke(context.Background(), []byte(payload))
	if err != nil || string(got) != want {
		t.Errorf("got  %s (error %v)\nwant %s", got, err, want)
	}
}

// captured is HealthLake's event as it has been seen.
func captured(token string) string {
	return `{"datastoreEndpoint":"` + endpoint + `","operationName":"SearchWithGet","bearerToken":` + quote(token) + `,` +
		`"datastoreId":"0123456789abcdef0123456789abcdef","datastoreTypeVersion":"R4","datastoreName":"example"}`
}

func TestAServicesGrantIsThisJSON(t *testing.T) {
	newFixture(t).assertInvoked(t, captured(serviceToken().token()), `{"authPayload":{"isAuthorized":"true",`+
		`"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example",`+
		`"aud":"https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/",`+
		`"iat":1768478340,"nbf":1768478340,"exp":1768481940,`+
		`"uid":"1service23456789","clientId":"1service23456789","scope":"system/*.read"},`+
		`"iamRoleARN":"arn:aws:iam::123456789012:role/read"}`)
}

func TestAUsersGrantIsThisJSON(t *testing.T) {
	token := userToken().claim("scope", `"openid user/*.cruds patient/Observation.rs?category=a&code=b system/*.*"`).token()
	newFixture(t).assertInvoked(t, captured(token), `{"authPayload":{"isAuthorized":"true",`+
		`"iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example",`+
		`"aud":"https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/",`+
		`"iat":1768478340,"nbf":1768478340,"exp":1768481940,`+
		`"uid":"secret-sub","clientId":"2app23456789","scope":"user/*.cruds patient/Observation.rs?category=a\u0026code=b",`+
		`"patient":"secret-patient","fhirUser":"Practitioner/secret-user"},`+
		`"iamRoleARN":"arn:aws:iam::123456789012:role/write"}`)
}

func TestTheThreeDocumentedMembersAreNeededAndEnough(t *testing.T) {
	f := newFixture(t)
	full, err := f.Invoke(context.Background(), []byte(captured(serviceToken().token())))
	if err != nil {
		t.Fatal(err)
	}
	documented := object{{"bearerToken", quote(serviceToken().token())}, {"operationName", `"SearchWithGet"`}, {"datastoreEndpoint", quote(endpoint)}}
	f.assertInvoked(t, documented.json(), string(full))
	f.assertInvoked(t, documented.add("new", `{"member":[1]}`).add("datastoreId", `{}`).json(), string(full))
	for _, m := range documented[1:] {
		f.assertInvoked(t, documented.drop(m.name).json(), invalidEvent)
		f.assertInvoked(t, documented.set(m.name, `""`).json(), invalidEvent)
	}
}

func TestTheOperationDecidesNothing(t *testing.T) {
	f := newFixture(t)
	for _, operation := range []string{"ReadResource", "DeleteResource", "SomethingNew", "x y", strings.Repeat("x", 1000)} {
		e := event(serviceToken().token())
		e.OperationName = operation
		if got := f.Authorize(context.Background(), e); got != serviceAnswer() {
			t.Errorf("operation %q: got %+v", operation, got)
		}
	}
}

func TestTheDatastoreEndpointIsTheAudienceVerbatim(t *testing.T) {
	e := event(serviceToken().token())
	e.DatastoreEndpoint = "HTTPS://Example/%7Er4?x=y#z"
	want := serviceAnswer()
	want.AuthPayload.Audience = e.DatastoreEndpoint
	if got := newFixture(t).Authorize(context.Background(), e); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheBearerSchemeIsStripped(t *testing.T) {
	newFixture(t).assertAnswer(t, "Bearer "+serviceToken().token(), serviceAnswer())
}

func TestWhatIsNoEventIsDenied(t *testing.T) {
	f := newFixture(t)
	for name, payload := range map[string]string{
		"nothing":                   "",
		"white space":               " ",
		"null":                      "null",
		"a list":                    "[]",
		"a string":                  `"x"`,
		"an empty object":           "{}",
		"half an event":             captured(serviceToken().token())[:200],
		"an event and text":         captured(serviceToken().token()) + "x",
		"a number for the token":    `{"datastoreEndpoint":"` + endpoint + `","operationName":"ReadResource","bearerToken":1}`,
		"an object for the token":   `{"datastoreEndpoint":"` + endpoint + `","operationName":"ReadResource","bearerToken":{}}`,
		"a list for an operation":   `{"datastoreEndpoint":"` + endpoint + `","bearerToken":` + quote(serviceToken().token()) + `,"operationName":[]}`,
		"no datastore endpoint":     `{"operationName":"ReadResource","bearerToken":` + quote(serviceToken().token()) + `}`,
		"an empty endpoint":         `{"datastoreEndpoint":"","operationName":"ReadResource","bearerToken":` + quote(serviceToken().token()) + `}`,
		"no operation":              `{"datastoreEndpoint":"` + endpoint + `","bearerToken":` + quote(serviceToken().token()) + `}`,
		"null for the token":        `{"datastoreEndpoint":"` + endpoint + `","operationName":"ReadResource","bearerToken":null}`,
		"a member in another case":  strings.Replace(captured(serviceToken().token()), "operationName", "OperationName", 1),
		"a second token":            strings.Replace(captured(serviceToken().token()), "{", `{"bearerToken":"x",`, 1),
		"a second unknown member":   strings.Replace(captured(serviceToken().token()), "{", `{"x":1,"\u0078":2,`, 1),
		"a byte that is no UTF-8":   strings.Replace(captured(serviceToken().token()), "SearchWithGet", "Search\xff", 1),
		"a schedule of EventBridge": `{"version":"0","source":"aws.events","detail-type":"Scheduled Event","detail":{}}`,
	} {
		t.Run(name, func(t *testing.T) { f.assertInvoked(t, payload, invalidEvent) })
	}
}

func TestAnEventWithoutATokenIsDenied(t *testing.T) {
	newFixture(t).assertInvoked(t, `{"datastoreEndpoint":"`+endpoint+`","operationName":"ReadResource"}`,
		`{"authPayload":{"isAuthorized":"false","error":"token_missing"}}`)
}

// TestAPanicIsADenialAndLogsNoData lets the clock panic each time that a
// judgement looks at it, in turn. The last look is the log line's, when the
// judgement has been made and must stand.
func TestAPanicIsADenialAndLogsNoData(t *testing.T) {
	var looks, fatal int
	at := newClock()
	f := newFixture(t, func(c *validator.Config) {
		c.Now = func() time.Time {
			if looks++; looks == fatal {
				panic(secret + "panic " + serviceToken().token())
			}
			return at.now()
		}
	})
	looks = 0
	granted, err := f.Invoke(context.Background(), []byte(captured(serviceToken().token())))
	if err != nil || looks < 3 {
		t.Fatalf("a judgement looked at the clock %d times (error %v)", looks, err)
	}
	for last := looks; fatal < last; {
		fatal++
		looks = 0
		want := `{"authPayload":{"isAuthorized":"false","error":"internal_error"}}`
		if fatal == last {
			want = string(granted)
		}
		f.log.Take()
		f.assertInvoked(t, captured(serviceToken().token()), want)
		assertPanicLogged(t, f.log.Take(), fatal < last)
	}
}

func assertPanicLogged(t *testing.T, line string, logged bool) {
	t.Helper()
	if strings.Contains(line, secret) || strings.Contains(line, serviceToken().token()) {
		t.Errorf("the panic's value is in the log: %s", line)
	}
	if !logged {
		return
	}
	var got struct {
		Level, Msg, Reason, Panic string
		Trace                     []string
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%v: %q", err, line)
	}
	if got.Level != "ERROR" || got.Msg != "deny" || got.Reason != "internal_error" || got.Panic != "string" {
		t.Errorf("got %+v", got)
	}
	if !slices.ContainsFunc(got.Trace, func(frame string) bool { return strings.Contains(frame, "validator.(*Validator).") }) {
		t.Errorf("the trace does not lead to the validator: %q", got.Trace)
	}
}

func TestALoggerThatPanicsCostsNoAnswer(t *testing.T) {
	f := newFixture(t, func(c *validator.Config) { c.Logger = slog.New(brokenHandler{slog.DiscardHandler}) })
	f.assertAnswer(t, serviceToken().token(), serviceAnswer())
	f.assertDenied(t, "", validator.TokenMissing)
	f.assertInvoked(t, "{", invalidEvent)
}

// brokenHandler takes the line that says the key set was read, and no other.
type brokenHandler struct{ slog.Handler }

func (brokenHandler) Enabled(context.Context, slog.Level) bool { return true }

func (brokenHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "key set read" {
		panic("broken")
	}
	return nil
}

func TestAPanicDuringAFetchIsADenialAndDoesNotBlockTheNextFetch(t *testing.T) {
	f := newColdFixture(t)
	good := keySetJSON(currentKey().jwk())
	f.UseTransport(roundTrip(func(*http.Request) (*http.Response, error) { panic(secret + "panic") }))
	f.assertDenied(t, serviceToken().token(), validator.InternalError)

	f.UseTransport(roundTrip(func(*http.Request) (*http.Response, error) { return response(good), nil }))
	f.assertAnswer(t, serviceToken().token(), serviceAnswer())
}

func TestACallThatHasEndedIsDenied(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := newFixture(t)
	want := validator.Answer{AuthPayload: validator.AuthPayload{IsAuthorized: "false", Error: validator.DeadlineExceeded}}
	if got := f.Authorize(ctx, event(serviceToken().token())); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f.assertAnswer(t, serviceToken().token(), serviceAnswer())
}

func TestADenialIsNotAuthorized(t *testing.T) {
	var zero validator.Answer
	if zero.Authorized() {
		t.Error("an empty answer lets the request pass")
	}
	f := newFixture(t)
	if f.judge("x").Authorized() || !f.judge(serviceToken().token()).Authorized() {
		t.Error("Authorized does not follow the judgement")
	}
}
