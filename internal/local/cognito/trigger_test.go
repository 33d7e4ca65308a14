package cognito_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

// triggered is a world whose trigger answers with a response, and the events it got.
func triggered(t *testing.T, respond func(ctx context.Context, event []byte) ([]byte, error)) (*world, *[][]byte) {
	var events [][]byte
	w := newWorld(t, func(c *cognito.Config) {
		c.PreToken = func(ctx context.Context, event []byte) ([]byte, error) {
			events = append(events, event)
			return respond(ctx, event)
		}
	})
	return w, &events
}

// responding fills an event's response in.
func responding(response string) func(context.Context, []byte) ([]byte, error) {
	return func(_ context.Context, event []byte) ([]byte, error) {
		var whole map[string]json.RawMessage
		if err := json.Unmarshal(event, &whole); err != nil {
			return nil, err
		}
		whole["response"] = json.RawMessage(response)
		return json.Marshal(whole)
	}
}

func TestTheTriggerGetsCognitosEvent(t *testing.T) {
	w, events := triggered(t, responding(`{"claimsAndScopeOverrideDetails":null}`))
	got := w.launched()
	w.tokens(refreshOf(got["refresh_token"].(string)))
	w.tokens(url.Values{"grant_type": {"client_credentials"}, "client_id": {"etl"}, "client_secret": {"etl-secret"}}) // V2_0 is for users
	if len(*events) != 2 {
		t.Fatalf("%d events, want one at the sign-in and one at the refresh", len(*events))
	}
	for i, source := range []string{"TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"} {
		want := `{"version":"2","triggerSource":"` + source + `","region":"us-east-1","userPoolId":"us-east-1_AbCdEfGhI","userName":"ann",` +
			`"callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"spa"},"request":{"userAttributes":{` +
			`"cognito:user_status":"CONFIRMED","custom:patient":"patient-001","email":"ann@example.org","email_verified":"true",` +
			`"given_name":"Ann","sub":"` + annSub + `"},"groupConfiguration":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null},` +
			`"scopes":["openid","email","patient/*.rs"]},"response":{"claimsAndScopeOverrideDetails":null}}`
		if string((*events)[i]) != want {
			t.Errorf("got  %s\nwant %s", (*events)[i], want)
		}
	}
}

func TestTheTriggerChangesClaimsAndScopes(t *testing.T) {
	w, _ := triggered(t, responding(`{"claimsAndScopeOverrideDetails":{
		"idTokenGeneration":{"claimsToAddOrOverride":{"family":"Smith","email":"a@b.c"},"claimsToSuppress":["email_verified"]},
		"accessTokenGeneration":{
			"claimsToAddOrOverride":{"patient":"patient-001","n":12345678901234567890,"list":["a",true],"object":{"a":1}},
			"claimsToSuppress":["nothing"],"scopesToAdd":["launch/patient","openid","a b"],"scopesToSuppress":["email"]}}}`))
	got := w.launched()
	for round := range 2 {
		access, id := claims(t, got["access_token"]), claims(t, got["id_token"])
		if access["patient"] != "patient-001" || access["n"] != 1.2345678901234567e19 ||
			!reflect.DeepEqual(access["list"], []any{"a", true}) || !reflect.DeepEqual(access["object"], map[string]any{"a": 1.0}) ||
			access["scope"] != "openid patient/*.rs launch/patient" || access["family"] != nil {
			t.Errorf("round %d: access token %v", round, access)
		}
		if _, ok := id["email_verified"]; ok || id["family"] != "Smith" || id["email"] != "a@b.c" || id["patient"] != nil {
			t.Errorf("round %d: ID token %v", round, id)
		}
		if round == 0 {
			got = w.tokens(refreshOf(got["refresh_token"].(string)))
		}
	}
}

func TestTheTriggerCannotMakeATokenSomebodyElses(t *testing.T) {
	protected := []string{
		"acr", "amr", "at_hash", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss", "jti", "nbf", "nonce",
		"origin_jti", "sub", "token_use", "aud", "client_id", "device_key", "event_id", "scope", "username", "version", "dev:x",
	}
	add := map[string]string{}
	for _, name := range protected {
		add[name] = "forged"
	}
	generation := map[string]any{"claimsToAddOrOverride": add, "claimsToSuppress": protected}
	response, err := json.Marshal(map[string]any{"claimsAndScopeOverrideDetails": map[string]any{
		"idTokenGeneration": generation, "accessTokenGeneration": generation,
	}})
	if err != nil {
		t.Fatal(err)
	}
	w, _ := triggered(t, responding(string(response)))
	plain := newWorld(t, nil)
	got, want := w.launched(), plain.launched()
	for _, kind := range []string{"access_token", "id_token"} {
		changed, unchanged := claims(t, got[kind]), claims(t, want[kind])
		for _, name := range []string{"iss", "at_hash"} { // of another pool, of another token
			if changed[name] == "forged" || (changed[name] == nil) != (unchanged[name] == nil) {
				t.Errorf("%s: %s is %v", kind, name, changed[name])
			}
			delete(changed, name)
			delete(unchanged, name)
		}
		if !reflect.DeepEqual(withoutIDs(t, changed), withoutIDs(t, unchanged)) {
			t.Errorf("%s\ngot  %v\nwant %v", kind, changed, unchanged)
		}
	}
}

func TestAFailingTriggerLetsNobodyIn(t *testing.T) {
	for _, c := range []struct {
		name    string
		respond func(context.Context, []byte) ([]byte, error)
		want    string
	}{
		{"an error", func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no patient") }, "PreTokenGeneration failed with error no patient."},
		{
			"a timeout", func(ctx context.Context, _ []byte) ([]byte, error) {
				if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 5*time.Second || time.Until(deadline) < 4*time.Second {
					return nil, errors.New("not 5 seconds")
				}
				return nil, context.DeadlineExceeded
			},
			"PreTokenGeneration invocation failed due to error Socket timeout while invoking Lambda function.",
		},
		{"no JSON", func(context.Context, []byte) ([]byte, error) { return []byte("ok"), nil }, "Unrecognizable lambda output"},
		{"null", func(context.Context, []byte) ([]byte, error) { return []byte("null"), nil }, "Unrecognizable lambda output"},
		{"no response", func(context.Context, []byte) ([]byte, error) { return []byte("{}"), nil }, "Unrecognizable lambda output"},
		{"another shape", responding(`{"claimsAndScopeOverrideDetails":{"accessTokenGeneration":[]}}`), "Unrecognizable lambda output"},
	} {
		fails := false
		w, _ := triggered(t, func(ctx context.Context, event []byte) ([]byte, error) {
			if fails {
				return c.respond(ctx, event)
			}
			return event, nil
		})
		refresh := w.launched()["refresh_token"].(string)
		fails = true
		want := url.Values{"error": {"invalid_request"}, "error_description": {c.want}, "state": asked()["state"]}
		if got := w.get("/oauth2/authorize?" + asked().Encode()).location(t); !reflect.DeepEqual(got.Query(), want) || got.Path != "/callback" {
			t.Errorf("%s: sent to %s, want %v", c.name, got, want)
		}
		wantObject := map[string]any{"error": "invalid_grant", "error_description": c.want}
		if a := w.post("/oauth2/token", refreshOf(refresh)); a.status != http.StatusBadRequest || !reflect.DeepEqual(a.object(t), wantObject) {
			t.Errorf("%s: refresh got %d %s", c.name, a.status, a.body)
		}
	}
}

func TestASuppressedScopeIsGoneFromThatTokenAlone(t *testing.T) {
	var response string
	w := newWorld(t, func(c *cognito.Config) {
		c.PreToken = func(ctx context.Context, event []byte) ([]byte, error) { return responding(response)(ctx, event) }
	})
	response = `{"claimsAndScopeOverrideDetails":{"accessTokenGeneration":{"scopesToSuppress":["openid"]}}}`
	if got := claims(t, w.launched("scope", "-")["access_token"])["scope"]; got != "profile email launch/patient patient/*.rs" {
		t.Errorf("got %v", got)
	}
	response = `{"claimsAndScopeOverrideDetails":null}`
	if got := claims(t, w.launchedAgain("scope", "-")["access_token"])["scope"]; got != "openid profile email launch/patient patient/*.rs" {
		t.Errorf("the next token: got %v", got)
	}
}
