package users_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/users"
)

// The answers in these tests have the shapes of the API reference's
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/).

const (
	poolID    = "us-east-1_AbCdEfGhI"
	throttled = `400 {"__type":"TooManyRequestsException","message":"Rate exceeded"}`

	noUser = `400 {"__type":"UserNotFoundException","message":"User does not exist."}`
)

// described is the answer about a pool whose users sign in by name and address.
const described = `{"UserPool":{"Id":"us-east-1_AbCdEfGhI","Name":"clinic","AliasAttributes":["email"],"MfaConfiguration":"OFF","EstimatedNumberOfUsers":2,
 "UsernameConfiguration":{"CaseSensitive":false},"CreationDate":1735787045.123,"LastModifiedDate":1735787045.123,
 "SchemaAttributes":[
  {"Name":"sub","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":false,"Required":true,"StringAttributeConstraints":{"MinLength":"1","MaxLength":"2048"}},
  {"Name":"email","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":true,"StringAttributeConstraints":{"MinLength":"0","MaxLength":"2048"}},
  {"Name":"email_verified","AttributeDataType":"Boolean","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false},
  {"Name":"given_name","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false},
  {"Name":"phone_number","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false},
  {"Name":"custom:patient","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false},
  {"Name":"custom:fhirUser","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false}]}}`

// ann is the answer of AdminGetUser about a user who is linked to a patient.
const ann = `{"Username":"ann","Enabled":true,"UserStatus":"CONFIRMED","UserCreateDate":1735787045.123,"UserLastModifiedDate":1735787045.123,
 "UserAttributes":[{"Name":"sub","Value":"11111111-2222-3333-4444-555555555555"},{"Name":"email","Value":"ann@example.org"},
 {"Name":"email_verified","Value":"true"},{"Name":"custom:patient","Value":"123"}]}`

// call is what was asked of Cognito.
type call struct {
	operation string
	input     map[string]any
}

func (c call) String() string {
	delete(c.input, "UserPoolId")
	text, _ := json.Marshal(c.input)
	return c.operation + " " + string(text)
}

// cognito answers each operation with the next of its answers, and the last one again. An
// answer may begin with a status.
type cognito struct {
	t         *testing.T
	answers   map[string][]string
	throttled int // how many calls about each user are refused first

	mu    sync.Mutex
	calls []call
}

func (c *cognito) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSCognitoIdentityProviderService.")
	made := call{operation: operation}
	if err := json.NewDecoder(r.Body).Decode(&made.input); err != nil || made.input["UserPoolId"] != poolID || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		c.t.Errorf("%s: got %v of the pool %v, authorized by %q", operation, err, made.input["UserPoolId"], r.Header.Get("Authorization"))
	}
	c.calls = append(c.calls, made)
	answers := c.answers[operation]
	if len(answers) == 0 {
		c.t.Errorf("%s was called, which the test does not expect", made)
		answers = []string{`400 {"__type":"InternalErrorException"}`}
	}
	answer := answers[0]
	if len(answers) > 1 {
		c.answers[operation] = answers[1:]
	}
	if about, ok := made.input["Username"].(string); ok && c.seen(about) <= c.throttled {
		answer = throttled
	}
	status := http.StatusOK
	if text, rest, ok := strings.Cut(answer, " {"); ok && len(text) == 3 {
		_, _ = fmt.Sscan(text, &status)
		answer = "{" + rest
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

// seen is how many calls were about a user.
func (c *cognito) seen(username string) int {
	n := 0
	for _, call := range c.calls {
		if call.input["Username"] == username {
			n++
		}
	}
	return n
}

// changes are the calls that change something, as text.
func (c *cognito) changes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var texts []string
	for _, call := range c.calls {
		if !strings.HasPrefix(call.operation, "AdminGet") && !strings.Contains(call.operation, "List") && call.operation != "DescribeUserPool" {
			texts = append(texts, call.String())
		}
	}
	return texts
}

func (c *cognito) count(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, call := range c.calls {
		if call.operation == operation {
			n++
		}
	}
	return n
}

// open is a described pool that is answered so.
func open(t *testing.T, answers map[string][]string) (*users.Pool, *cognito) {
	t.Helper()
	c := &cognito{t: t, answers: answers}
	if answers["DescribeUserPool"] == nil {
		answers["DescribeUserPool"] = []string{described}
	}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	pool := users.New(users.Config{
		Client: users.NewClient(users.Connection{
			AWS: aws.Config{Region: "us-east-1", HTTPClient: server.Client(), Credentials: credentials}, Endpoint: server.URL,
			Backoff: retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil }),
		}),
		ID: poolID, PatientAttribute: "custom:patient", FHIRUserAttribute: "custom:fhirUser",
		Clients: map[string]outputs.Client{"portal": {Kind: "public", Groups: []string{"patients"}}, "ward": {Kind: "public", Groups: []string{"clinicians"}}},
	})
	if err := pool.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	return pool, c
}

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "hunter2"}, nil
})

const created = `{"User":{"Username":"bob","Attributes":[{"Name":"sub","Value":"x"}],"UserCreateDate":1735787045.123,"UserLastModifiedDate":1735787045.123,"Enabled":true,"UserStatus":"FORCE_CHANGE_PASSWORD"}}`

var bob = users.Wanted{Username: "bob", Email: "bob@example.org", Patient: "7", FHIRUser: "Patient/7", Groups: []string{"patients"}, Attributes: map[string]string{"given_name": "Bob"}}

func TestANewUserIsCreatedWithAllThatIsWanted(t *testing.T) {
	const attributes = `"UserAttributes":[{"Name":"custom:fhirUser","Value":"Patient/7"},{"Name":"custom:patient","Value":"7"},{"Name":"email","Value":"bob@example.org"},` +
		`{"Name":"email_verified","Value":"true"},{"Name":"given_name","Value":"Bob"}],"Username":"bob"}`
	for invite, want := range map[bool]string{
		true:  `AdminCreateUser {"DesiredDeliveryMediums":["EMAIL"],` + attributes,
		false: `AdminCreateUser {"MessageAction":"SUPPRESS",` + attributes,
	} {
		pool, c := open(t, map[string][]string{"AdminGetUser": {noUser}, "AdminCreateUser": {created}, "AdminAddUserToGroup": {"{}"}})
		outcome, err := pool.Ensure(t.Context(), bob, users.How{Invite: invite})
		if err != nil || outcome.Status != users.Created || fmt.Sprint(outcome.Changes) != "[custom:fhirUser custom:patient email given_name group patients]" {
			t.Errorf("got %+v and %v", outcome, err)
		}
		if got := c.changes(); !slices.Equal(got, []string{want, `AdminAddUserToGroup {"GroupName":"patients","Username":"bob"}`}) {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

func TestADryRunChangesNothingAndSaysTheSame(t *testing.T) {
	pool, c := open(t, map[string][]string{"AdminGetUser": {noUser}})
	outcome, err := pool.Ensure(t.Context(), bob, users.How{DryRun: true, Invite: true})
	if err != nil || outcome.Status != users.Created || len(outcome.Changes) != 5 || len(c.changes()) != 0 {
		t.Errorf("got %+v, %v and the calls %v", outcome, err, c.changes())
	}
	pool, c = open(t, map[string][]string{"AdminGetUser": {ann}, "AdminListGroupsForUser": {`{"Groups":[]}`}})
	outcome, err = pool.Ensure(t.Context(), users.Wanted{Username: "ann", FHIRUser: "Patient/123", Groups: []string{"patients"}}, users.How{DryRun: true})
	if err != nil || outcome.Status != users.Updated || fmt.Sprint(outcome.Changes) != "[custom:fhirUser group patients]" || len(c.changes()) != 0 {
		t.Errorf("got %+v, %v and the calls %v", outcome, err, c.changes())
	}
}

func TestAnExistingUserGetsOnlyWhatDiffers(t *testing.T) {
	const groups = `{"Groups":[{"GroupName":"patients","UserPoolId":"us-east-1_AbCdEfGhI","Precedence":1}]}`
	for name, c := range map[string]struct {
		wanted users.Wanted
		relink bool
		want   []string
	}{
		"nothing":             {users.Wanted{Username: "ANN", Email: "ann@example.org", Patient: "123", Groups: []string{"patients"}}, false, nil},
		"what is left out":    {users.Wanted{Username: "ann"}, false, nil},
		"a link to a new one": {users.Wanted{Username: "ann", FHIRUser: "Patient/123"}, false, []string{`AdminUpdateUserAttributes {"UserAttributes":[{"Name":"custom:fhirUser","Value":"Patient/123"}],"Username":"ann"}`}},
		"another link":        {users.Wanted{Username: "ann", Patient: "124"}, true, []string{`AdminUpdateUserAttributes {"UserAttributes":[{"Name":"custom:patient","Value":"124"}],"Username":"ann"}`}},
		// Without email_verified, Cognito would keep the old address until the user verifies the new one.
		"an address": {users.Wanted{Username: "ann", Email: "a@example.org"}, false, []string{`AdminUpdateUserAttributes {"UserAttributes":[{"Name":"email","Value":"a@example.org"},{"Name":"email_verified","Value":"true"}],"Username":"ann"}`}},
		"a group":    {users.Wanted{Username: "ann", Groups: []string{"patients", "clinicians"}}, false, []string{`AdminAddUserToGroup {"GroupName":"clinicians","Username":"ann"}`}},
	} {
		pool, answered := open(t, map[string][]string{"AdminGetUser": {ann}, "AdminListGroupsForUser": {groups}, "AdminUpdateUserAttributes": {"{}"}, "AdminAddUserToGroup": {"{}"}})
		outcome, err := pool.Ensure(t.Context(), c.wanted, users.How{Relink: c.relink})
		status := users.Updated
		if c.want == nil {
			status = users.Unchanged
		}
		if got := answered.changes(); err != nil || outcome.Status != status || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %+v and %v, want %v", name, got, outcome, err, c.want)
		}
	}
}

func TestALinkIsReplacedOnlyWhereThatIsAllowed(t *testing.T) {
	pool, c := open(t, map[string][]string{"AdminGetUser": {ann}})
	_, err := pool.Ensure(t.Context(), users.Wanted{Username: "ann", Patient: "124", Email: "new@example.org"}, users.How{})
	if want := `patient: "124": the user is linked to another one; replace the link with --relink, or leave it out`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if strings.Contains(fmt.Sprint(err), "123") || len(c.changes()) != 0 {
		t.Errorf("the former link is told, or something was changed: %v, %v", err, c.changes())
	}
}

func TestALinkIsSetOnlyToWhatTheDatastoreHas(t *testing.T) {
	for name, c := range map[string]struct {
		look error
		want string
	}{
		"not there":        {&users.NotFoundError{Reference: "Patient/7"}, `patient: "7": must be a resource of the datastore, which has no Patient/7; fhirUser: "Patient/7": must be a resource`},
		"not to be looked": {errors.New("the datastore answers 403"), "looking up Patient/7: the datastore answers 403"},
	} {
		pool, answered := open(t, map[string][]string{"AdminGetUser": {noUser}})
		_, err := pool.Ensure(t.Context(), bob, users.How{Look: func(context.Context, string) error { return c.look }})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || len(answered.changes()) != 0 {
			t.Errorf("%s: got %v and %v, want %s", name, err, answered.changes(), c.want)
		}
	}
	var looked []string
	pool, _ := open(t, map[string][]string{"AdminGetUser": {ann}, "AdminUpdateUserAttributes": {"{}"}})
	_, err := pool.Ensure(t.Context(), users.Wanted{Username: "ann", Patient: "123", FHIRUser: "Person/1"}, users.How{Look: func(_ context.Context, reference string) error {
		looked = append(looked, reference)
		return nil
	}})
	if err != nil || !slices.Equal(looked, []string{"Person/1"}) {
		t.Errorf("looked up %v and got %v, want only the new link", looked, err)
	}
}

// A retried call may find what the first attempt did, whose answer was lost.
func TestAUserWhoWasCreatedMeanwhileIsGivenTheRest(t *testing.T) {
	const exists = `400 {"__type":"UsernameExistsException","message":"User account already exists"}`
	const lacking = `{"Username":"bob","Enabled":true,"UserStatus":"FORCE_CHANGE_PASSWORD","UserAttributes":[{"Name":"email","Value":"bob@example.org"},{"Name":"email_verified","Value":"true"},{"Name":"custom:patient","Value":"7"},{"Name":"given_name","Value":"Bob"}]}`
	pool, c := open(t, map[string][]string{
		"AdminGetUser": {noUser, lacking}, "AdminCreateUser": {`500 {"__type":"InternalErrorException"}`, exists}, "AdminUpdateUserAttributes": {"{}"},
		"AdminListGroupsForUser": {`{"Groups":[]}`}, "AdminAddUserToGroup": {"{}"},
	})
	outcome, err := pool.Ensure(t.Context(), bob, users.How{})
	if err != nil || outcome.Status != users.Updated || fmt.Sprint(outcome.Changes) != "[custom:fhirUser group patients]" || c.count("AdminCreateUser") != 2 {
		t.Errorf("got %+v, %v and %v", outcome, err, c.changes())
	}
}

func TestTheAddressOfAnotherUserIsRefused(t *testing.T) {
	for _, code := range []string{"UsernameExistsException", "AliasExistsException"} { // both are seen
		pool, _ := open(t, map[string][]string{"AdminGetUser": {noUser}, "AdminCreateUser": {`400 {"__type":"` + code + `","message":"An account with the email already exists."}`}})
		_, err := pool.Ensure(t.Context(), bob, users.How{})
		if want := `email: "bob@example.org": another user of the pool signs in with it`; err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", code, err, want)
		}
	}
}

// Users may choose a preferred_username: one who takes the name of a colleague to be must
// not get what is meant for the colleague.
func TestAUserIsNotCalledByANameOfTheirOwnChoice(t *testing.T) {
	const want = `username: "dr.smith": another user of the pool has chosen it to sign in with; use that user's own name`
	pool, c := open(t, map[string][]string{"AdminGetUser": {ann}}) // by an alias
	for name, do := range map[string]func(name string) (users.Outcome, error){
		"link": func(name string) (users.Outcome, error) {
			return pool.Ensure(t.Context(), users.Wanted{Username: name, FHIRUser: "Practitioner/1"}, users.How{})
		},
		"join":     func(name string) (users.Outcome, error) { return pool.Join(t.Context(), name, []string{"clinicians"}) },
		"password": func(name string) (users.Outcome, error) { return pool.SetPassword(t.Context(), name, "x", true) },
		"enable":   func(name string) (users.Outcome, error) { return pool.Enable(t.Context(), name) },
	} {
		if _, err := do("dr.smith"); err == nil || err.Error() != want || len(c.changes()) != 0 {
			t.Errorf("%s: got %v and %v, want %s", name, err, c.changes(), want)
		}
	}
	for _, name := range []string{"ann", "ANN", "ann@example.org", "11111111-2222-3333-4444-555555555555"} {
		if outcome, err := pool.Enable(t.Context(), name); err != nil || outcome.Username != "ann" {
			t.Errorf("%s: got %+v and %v", name, outcome, err)
		}
	}
}

// The address counts once it is verified.
func TestAnAddressThatAUserOnlyClaimsIsNoName(t *testing.T) {
	pool, c := open(t, map[string][]string{"AdminGetUser": {strings.Replace(ann, `"email_verified","Value":"true"`, `"email_verified","Value":"false"`, 1)}})
	if _, err := pool.Join(t.Context(), "ann@example.org", []string{"clinicians"}); err == nil || len(c.changes()) != 0 {
		t.Errorf("got %v and %v", err, c.changes())
	}
}

// The names of an identity provider's users are the provider's, addresses too.
func TestAUserOfAnIdentityProviderIsLinkedByItsName(t *testing.T) {
	const theirs = `{"Username":"Clinic_kim@example.org","Enabled":true,"UserStatus":"EXTERNAL_PROVIDER","UserAttributes":[{"Name":"sub","Value":"s"}]}`
	pool, c := open(t, map[string][]string{"AdminGetUser": {theirs}, "AdminUpdateUserAttributes": {"{}"}})
	outcome, err := pool.Ensure(t.Context(), users.Wanted{Username: "Clinic_kim@example.org", FHIRUser: "Practitioner/7"}, users.How{Existing: true})
	if err != nil || outcome.Status != users.Updated || len(c.changes()) != 1 {
		t.Errorf("got %+v, %v and %v", outcome, err, c.changes())
	}
}

func TestWhatWasDoneBeforeAFailureIsSaid(t *testing.T) {
	pool, _ := open(t, map[string][]string{
		"AdminGetUser": {noUser}, "AdminCreateUser": {created}, "AdminAddUserToGroup": {`400 {"__type":"ResourceNotFoundException","message":"Group not found."}`},
	})
	outcome, err := pool.Ensure(t.Context(), bob, users.How{})
	want := "created (custom:fhirUser, custom:patient, email, given_name), and then: AdminAddUserToGroup: ResourceNotFoundException: Group not found."
	if err == nil || err.Error() != want || outcome.Status != users.Created {
		t.Errorf("got %+v and %v, want %s", outcome, err, want)
	}
}

// Pools whose users are called by their address make up the username.
func TestAPoolMayCallItsUsersByTheirAddress(t *testing.T) {
	byAddress := strings.Replace(described, `"AliasAttributes":["email"]`, `"UsernameAttributes":["email"]`, 1)
	pool, c := open(t, map[string][]string{
		"DescribeUserPool": {byAddress}, "AdminGetUser": {noUser}, "AdminCreateUser": {strings.Replace(created, `"bob"`, `"0e1f"`, 1)}, "AdminAddUserToGroup": {"{}"},
	})
	outcome, err := pool.Ensure(t.Context(), users.Wanted{Username: "bob@example.org", Groups: []string{"patients"}}, users.How{})
	want := []string{
		`AdminCreateUser {"MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"bob@example.org"},{"Name":"email_verified","Value":"true"}],"Username":"bob@example.org"}`,
		`AdminAddUserToGroup {"GroupName":"patients","Username":"0e1f"}`,
	}
	if err != nil || outcome.Username != "0e1f" || !slices.Equal(c.changes(), want) {
		t.Errorf("got %+v, %v and %v", outcome, err, c.changes())
	}
	_, err = pool.Ensure(t.Context(), users.Wanted{Username: "bob"}, users.How{})
	if want := `username: "bob": must be what users of this pool are called by: email`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAThrottledCallIsTriedAgain(t *testing.T) {
	pool, c := open(t, map[string][]string{"AdminGetUser": {throttled, throttled, throttled, ann}})
	if user, found, err := pool.Find(t.Context(), "ann"); err != nil || !found || user.Username != "ann" || c.count("AdminGetUser") != 4 {
		t.Errorf("got %+v, %v and %v after %d calls", user, found, err, c.count("AdminGetUser"))
	}
	pool, c = open(t, map[string][]string{"AdminGetUser": {throttled}})
	_, _, err := pool.Find(t.Context(), "ann")
	var call *users.Failure
	if !errors.As(err, &call) || call.Refused() || call.Final() || err.Error() != "AdminGetUser: TooManyRequestsException: Rate exceeded" || c.count("AdminGetUser") != 10 {
		t.Errorf("got %v after %d calls, want a failure after 10", err, c.count("AdminGetUser"))
	}
}

func TestAMissingRightNamesTheCommandThatPrintsIt(t *testing.T) {
	pool, c := open(t, map[string][]string{"AdminGetUser": {`400 {"__type":"AccessDeniedException","message":"User: arn:aws:sts::1:assumed-role/x is not authorized to perform: cognito-idp:AdminGetUser"}`}})
	_, _, err := pool.Find(t.Context(), "ann")
	var call *users.Failure
	if !errors.As(err, &call) || !call.Denied() || !call.Final() || !strings.HasSuffix(err.Error(), `cognito-idp:AdminGetUser: "smartlake deploy-policy --operator" prints the rights that it takes`) || c.count("AdminGetUser") != 1 {
		t.Errorf("got %v after %d calls", err, c.count("AdminGetUser"))
	}
}

func TestUsersAreListedByTheFilterThatCognitoHasAndComparedByTheOthers(t *testing.T) {
	page := func(names ...string) string {
		var list []string
		for i, name := range names {
			list = append(list, fmt.Sprintf(`{"Username":%q,"Enabled":%t,"UserStatus":"CONFIRMED","UserCreateDate":1735787045.123,"Attributes":[{"Name":"email","Value":"%s@example.org"},{"Name":"custom:patient","Value":"%d"}]}`, name, i%2 == 0, name, i))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	yes, no := true, false
	for name, c := range map[string]struct {
		filter users.Filter
		call   string
		want   string
	}{
		"none":               {users.Filter{}, `ListUsers {"Limit":60}`, "[ann bob carl]"},
		"an address":         {users.Filter{EmailPrefix: `b"\`}, `ListUsers {"Filter":"email ^= \"b\\\"\\\\\"","Limit":60}`, "[]"},
		"a status":           {users.Filter{Status: "CONFIRMED"}, `ListUsers {"Filter":"cognito:user_status = \"CONFIRMED\"","Limit":60}`, "[ann bob carl]"},
		"enabled":            {users.Filter{Enabled: &yes}, `ListUsers {"Filter":"status = \"Enabled\"","Limit":60}`, "[ann carl]"},
		"disabled":           {users.Filter{Enabled: &no}, `ListUsers {"Filter":"status = \"Disabled\"","Limit":60}`, "[bob]"},
		"a patient":          {users.Filter{Patient: "1"}, `ListUsers {"Limit":60}`, "[bob]"},
		"a group":            {users.Filter{Group: "patients", Enabled: &yes}, `ListUsersInGroup {"GroupName":"patients","Limit":60}`, "[ann carl]"},
		"an address and all": {users.Filter{EmailPrefix: "B", Patient: "1", Enabled: &no}, `ListUsers {"Filter":"email ^= \"B\"","Limit":60}`, "[bob]"},
	} {
		pool, answered := open(t, map[string][]string{
			"ListUsers":        {`{"Users":` + page("ann", "bob") + `,"PaginationToken":"more"}`, `{"Users":` + page("carl") + `}`},
			"ListUsersInGroup": {`{"Users":` + page("ann", "bob") + `,"NextToken":"more"}`, `{"Users":` + page("carl") + `}`},
		})
		var got []string
		err := pool.List(t.Context(), c.filter, func(user users.User) bool {
			got = append(got, user.Username)
			return true
		})
		calls := answered.calls[1:]
		if err != nil || fmt.Sprint(got) != c.want || len(calls) != 2 || calls[0].String() != c.call || !strings.Contains(calls[1].String(), `"more"`) {
			t.Errorf("%s: got %v, %v and %v, want %s by %s", name, got, err, calls, c.want, c.call)
		}
	}
}

func TestAListEndsWhereItIsEnoughAndWhereCognitoFails(t *testing.T) {
	const one = `{"Users":[{"Username":"ann"},{"Username":"bob"}],"PaginationToken":"more"}`
	pool, c := open(t, map[string][]string{"ListUsers": {one}})
	n := 0
	if err := pool.List(t.Context(), users.Filter{}, func(users.User) bool { n++; return false }); err != nil || n != 1 || c.count("ListUsers") != 1 {
		t.Errorf("got %v after %d users and %d calls", err, n, c.count("ListUsers"))
	}
	pool, _ = open(t, map[string][]string{"ListUsers": {one, `400 {"__type":"InvalidParameterException","message":"Invalid pagination token"}`}})
	if err := pool.List(t.Context(), users.Filter{}, func(users.User) bool { return true }); err == nil || err.Error() != "ListUsers: InvalidParameterException: Invalid pagination token" {
		t.Errorf("got %v", err)
	}
}

func TestAResourceIsLookedUpByASignedRequestThatReadsOnlyTheStatus(t *testing.T) {
	answer := http.StatusOK
	var asked []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/healthlake/aws4_request") {
			t.Errorf("authorized by %q", r.Header.Get("Authorization"))
		}
		asked = append(asked, r.Method+" "+r.URL.Path)
		w.WriteHeader(answer)
	}))
	defer server.Close()
	store := users.Datastore{Base: server.URL + "/datastore/a22c/r4/", Region: "us-east-1", Credentials: credentials, HTTP: server.Client()}
	for _, reference := range []string{"Patient/7", store.Base + "Practitioner/8"} {
		if err := store.Look(t.Context(), reference); err != nil {
			t.Errorf("%s: %v", reference, err)
		}
	}
	if want := []string{"GET /datastore/a22c/r4/Patient/7", "GET /datastore/a22c/r4/Practitioner/8"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	for status, want := range map[int]string{
		404: "must be a resource of the datastore, which has no Patient/7", 410: "must be a resource of the datastore, which has no Patient/7",
		403: "the datastore answers 403: the caller needs healthlake:ReadResource; leave the look-up out to link without it", 503: "the datastore answers 503",
	} {
		answer = status
		var unknown *users.NotFoundError
		if err := store.Look(t.Context(), "Patient/7"); err == nil || err.Error() != want || errors.As(err, &unknown) != (status == 404 || status == 410) {
			t.Errorf("%d: got %v, want %s", status, err, want)
		}
	}
	if err := store.Look(t.Context(), "https://other.example/Patient/7"); err == nil || len(asked) != 6 {
		t.Errorf("a resource of elsewhere: got %v, and asked for %v", err, asked)
	}
}
