package journal_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const (
	doorBase, storeBase = "/r4/", "/datastore/0123/r4/"
	granted             = `{"authPayload":{"isAuthorized":"true","scope":"patient/*.rs"},"iamRoleARN":"arn:read"}`
	outcome             = `{"resourceType":"OperationOutcome","issue":[{"code":"login","diagnostics":"no token"}]}`
)

func tokenOf(claims string) string {
	return "SECRETHEADER." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".SECRETSIGNATURE"
}

// cloud is a front door in front of a datastore that asks a validator, all watched.
type cloud struct {
	*journal.Journal
	door, store http.Handler
	answer      string
	err         error
}

func newCloud() *cloud {
	c := &cloud{Journal: journal.New(), answer: granted}
	c.store = c.Datastore(storeBase, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization := r.Header.Get("Authorization")
		if authorization == "" {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, outcome)
			return
		}
		event, _ := json.Marshal(validator.Event{OperationName: "ReadResource", BearerToken: strings.TrimPrefix(authorization, "Bearer ")})
		replied := journal.Asked(r.Context(), event)
		c.KeySetRequested(time.Now())
		replied([]byte(c.answer), true, c.err)
		_, _ = io.WriteString(w, "{}")
	}))
	c.door = c.Door(doorBase, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		returned := journal.DoorCalled(r.Context())
		defer returned(true, nil)
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, outcome)
			return
		}
		inner := httptest.NewRequest(r.Method, storeBase+strings.TrimPrefix(r.URL.RequestURI(), doorBase), nil) // in a context of its own, as from another process
		inner.Header = r.Header
		c.store.ServeHTTP(w, inner)
	}))
	return c
}

func get(handler http.Handler, target, token string) {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("User-Agent", "an app")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	handler.ServeHTTP(httptest.NewRecorder(), r)
}

func one(t *testing.T, j *journal.Journal) journal.Request {
	t.Helper()
	requests, _ := j.Requests()
	if len(requests) != 1 {
		t.Fatalf("remembered %d requests, want 1: %+v", len(requests), requests)
	}
	return requests[0]
}

func TestTheWholeWayOfARequestIsOneRecord(t *testing.T) {
	c := newCloud()
	get(c.door, doorBase+"Patient/1?_elements=id", tokenOf(`{"client_id":"app"}`))
	r := one(t, c.Journal)
	if r.ID != 1 || !r.Door || !r.Token || r.Signed || r.Method != http.MethodGet || r.Path != "Patient/1" || r.Query != "_elements=id" ||
		r.Agent != "an app" || string(r.Claims) != `{"client_id":"app"}` || r.Status != 200 || r.DatastoreSaid != 200 || !r.DoorCold || r.Said != "" {
		t.Errorf("got %+v", r)
	}
	if len(r.Judgements) != 1 {
		t.Fatalf("judgements %+v", r.Judgements)
	}
	made := r.Judgements[0]
	if made.Event.OperationName != "ReadResource" || made.Event.BearerToken != "" || string(made.Answer) != granted || !made.Cold || len(made.KeySets) != 1 {
		t.Errorf("judgement %+v", made)
	}
	way := []time.Time{r.Received, r.Called, r.Arrived, made.Asked, made.KeySets[0], made.Replied, r.Left, r.Returned, r.Ended}
	for i := range way[1:] {
		if way[i].IsZero() || way[i+1].Before(way[i]) {
			t.Errorf("step %d is before the one before it: %v", i+1, way)
		}
	}
}

func TestNeitherATokenNorItsSignatureNorASecretIsKept(t *testing.T) {
	c := newCloud()
	get(c.door, doorBase+"Patient?access_token=SECRETPARAMETER&a%63cess_token=SECRETTOO&_count=1", tokenOf(`{"client_id":"app"}`))
	get(c.store, storeBase+"Patient", "SECRETOPAQUE")
	get(c.store, storeBase+"Patient", "SECRETA.SECRETB.SECRETC.SECRETD.SECRETE")
	get(c.door, "/oauth2/authorize?code=SECRETCODE&state=SECRETSTATE", "")
	requests, _ := c.Requests()
	if len(requests) != 4 {
		t.Fatalf("got %+v", requests)
	}
	if text := fmt.Sprintf("%+v", requests); strings.Contains(text, "SECRET") {
		t.Errorf("kept a secret: %s", text)
	}
	if requests[0].Query != "access_token=***&a%63cess_token=***&_count=1" || requests[3].Path != "/oauth2/authorize" || requests[3].Query != "" {
		t.Errorf("got %+v", requests)
	}
}

func TestRequestsThatTheValidatorIsNotAskedAboutAreKept(t *testing.T) {
	c := newCloud()
	get(c.door, doorBase+"Patient/1", "")
	get(c.store, storeBase+"Patient/2", "")
	requests, _ := c.Requests()
	if len(requests) != 2 {
		t.Fatalf("got %+v", requests)
	}
	atDoor, atStore := requests[0], requests[1]
	if atDoor.Token || atDoor.Claims != nil || atDoor.Status != 401 || atDoor.Said != "no token" || !atDoor.Arrived.IsZero() || len(atDoor.Judgements) != 0 {
		t.Errorf("at the door: %+v", atDoor)
	}
	if atStore.Door || atStore.Path != "Patient/2" || atStore.Status != 403 || atStore.Said != "no token" || atStore.Ended.IsZero() {
		t.Errorf("at HealthLake: %+v", atStore)
	}
}

func TestAFailedCallOfTheValidatorIsKept(t *testing.T) {
	c := newCloud()
	c.answer, c.err = "", errors.New("the function crashed")
	get(c.store, storeBase+"Patient/1", tokenOf(`{}`))
	if made := one(t, c.Journal).Judgements[0]; made.Err != "the function crashed" || len(made.Answer) != 0 {
		t.Errorf("got %+v", made)
	}
	late := newCloud()
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	slow := late.Datastore(storeBase, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		journal.Asked(r.Context(), []byte(`{}`))(nil, false, r.Context().Err())
	}))
	slow.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, storeBase+"Patient", nil))
	if made := one(t, late.Journal).Judgements[0]; made.Err != "no answer within HealthLake's second" {
		t.Errorf("got %+v", made)
	}
}

func TestTheSignedRequestOfTheFrontDoorBelongsToTheAppsRequest(t *testing.T) {
	j := journal.New()
	store := j.Datastore(storeBase, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	door := j.Door(doorBase, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		inner := httptest.NewRequest(http.MethodGet, storeBase+"metadata", nil)
		inner.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
		store.ServeHTTP(w, inner)
	}))
	get(door, doorBase+"metadata", "")
	if r := one(t, j); !r.Door || r.Signed || r.Arrived.IsZero() {
		t.Errorf("got %+v", r)
	}
}

func TestARequestToTheBaseURLIsOneWithOrWithoutItsSlash(t *testing.T) {
	for _, target := range []string{"/r4", "/r4/"} {
		j := journal.New()
		store := j.Datastore(storeBase, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
		get(j.Door(doorBase, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner := httptest.NewRequest(r.Method, storeBase, nil)
			inner.Header = r.Header
			store.ServeHTTP(w, inner)
		})), target, tokenOf(`{}`))
		if r := one(t, j); !r.Door || r.Arrived.IsZero() || r.Path != "" {
			t.Errorf("%s: got %+v", target, r)
		}
	}
}

func TestTheJournalIsBounded(t *testing.T) {
	c := newCloud()
	long := strings.Repeat("a", 10<<10)
	for i := range journal.Kept + 5 {
		get(c.door, doorBase+fmt.Sprint(i)+long+"?x="+long, tokenOf(`{"x":"`+long+`"}`))
	}
	requests, version := c.Requests()
	if len(requests) != journal.Kept || requests[0].ID != 6 || requests[journal.Kept-1].ID != journal.Kept+5 || version != c.Version() {
		t.Fatalf("%d requests from %d", len(requests), requests[0].ID)
	}
	if r := requests[0]; len(r.Path) > 600 || len(r.Query) > 600 || r.Claims != nil {
		t.Errorf("kept %d bytes of path, %d of query, %d of claims", len(r.Path), len(r.Query), len(r.Claims))
	}
}

// The journal is read while requests are served. Each finds the way of its own token.
func TestManyAtTheSameTimeAreToldApart(t *testing.T) {
	c := newCloud()
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() { get(c.door, doorBase+"Patient", tokenOf(fmt.Sprintf(`{"client_id":"%d"}`, i))) })
		wait.Go(func() { c.Requests() })
	}
	wait.Wait()
	requests, _ := c.Requests()
	if len(requests) != 50 {
		t.Fatalf("%d requests, want 50", len(requests))
	}
	for _, r := range requests {
		if len(r.Judgements) != 1 || r.Status != 200 || r.Arrived.IsZero() || r.Claims == nil {
			t.Errorf("got %+v", r)
		}
	}
}
