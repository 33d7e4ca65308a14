package cognito_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4/sigv4test"
)

const (
	poolARN       = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + poolID
	administrator = "arn:aws:iam::123456789012:user/administrator"
)

// administered is a pool with the user pools API, and AWS's client of an administrator.
type administered struct {
	*world
	keys   *sigv4.Keyring
	api    *httptest.Server
	client *idp.Client
}

// newAdministered starts from a pool as stacks declare it.
func newAdministered(t *testing.T, edit func(*cognito.API)) *administered {
	t.Helper()
	a := &administered{keys: sigv4test.NewKeyring()}
	a.world = newWorld(t, func(config *cognito.Config) {
		config.API = &cognito.API{
			ARN: poolARN, Keys: a.keys, Groups: []string{"clinicians", "patients"},
			Permit: func(principal, _, arn string) error {
				if principal != administrator || !strings.HasPrefix(arn, "arn:aws:cognito-idp:us-east-1:123456789012:userpool/") {
					return errors.New("no statement allows it")
				}
				return nil
			},
			Schema:        []cognito.SchemaAttribute{{Name: "email", Required: true}, {Name: "custom:patient", MaxLength: 64}, {Name: "custom:fhirUser", MaxLength: 2048}},
			VerifiedFirst: []string{"email"},
			Passwords: cognito.PasswordPolicy{
				MinimumLength: 8, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: true, TemporaryValidityDays: 7,
			},
		}
		if edit != nil {
			edit(config.API)
		}
	})
	a.api = httptest.NewTLSServer(a.pool.Issuer())
	t.Cleanup(a.api.Close)
	a.client = a.as(administrator)
	return a
}

// as is AWS's client of a principal, which tries once.
func (a *administered) as(principal string) *idp.Client {
	issued := a.keys.Issue(principal)
	return idp.New(idp.Options{
		Region: "us-east-1", BaseEndpoint: &a.api.URL, HTTPClient: a.api.Client(), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: issued.AccessKeyID, SecretAccessKey: issued.SecretAccessKey, SessionToken: issued.SessionToken}, nil
		}),
	})
}

func attributes(pairs ...string) []types.AttributeType {
	var list []types.AttributeType
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, types.AttributeType{Name: &pairs[i], Value: &pairs[i+1]})
	}
	return list
}

// carl is a valid request to create a user.
func carl(edit func(*idp.AdminCreateUserInput)) *idp.AdminCreateUserInput {
	input := &idp.AdminCreateUserInput{
		UserPoolId: aws.String(poolID), Username: aws.String("carl"),
		UserAttributes:         attributes("email", "carl@example.org", "email_verified", "true", "custom:patient", "patient-002"),
		DesiredDeliveryMediums: []types.DeliveryMediumType{types.DeliveryMediumTypeEmail},
	}
	if edit != nil {
		edit(input)
	}
	return input
}

func (a *administered) create(edit func(*idp.AdminCreateUserInput)) *types.UserType {
	a.t.Helper()
	created, err := a.client.AdminCreateUser(a.t.Context(), carl(edit))
	if err != nil {
		a.t.Fatal(err)
	}
	return created.User
}

func (a *administered) get(name string) *idp.AdminGetUserOutput {
	a.t.Helper()
	user, err := a.client.AdminGetUser(a.t.Context(), &idp.AdminGetUserInput{UserPoolId: aws.String(poolID), Username: &name})
	if err != nil {
		a.t.Fatal(err)
	}
	return user
}

// texts are attributes in one text, without sub.
func texts(list []types.AttributeType) string {
	var all []string
	for _, a := range list {
		if *a.Name != "sub" {
			all = append(all, *a.Name+"="+*a.Value)
		}
	}
	return strings.Join(all, " ")
}

// assertCode wants an error of AWS's with a code.
func assertCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != code {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func TestAnAdministratorCreatesAUserWhoThenSignsIn(t *testing.T) {
	a := newAdministered(t, nil)
	created := a.create(nil)
	if *created.Username != "carl" || created.UserStatus != types.UserStatusTypeForceChangePassword || !created.Enabled {
		t.Errorf("got %+v", created)
	}
	if want := "custom:patient=patient-002 email=carl@example.org email_verified=true"; texts(created.Attributes) != want {
		t.Errorf("got %s, want %s", texts(created.Attributes), want)
	}
	set := &idp.AdminSetUserPasswordInput{UserPoolId: aws.String(poolID), Username: aws.String("carl"), Password: aws.String("Carls-own-1"), Permanent: true}
	if _, err := a.client.AdminSetUserPassword(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	if got := a.get("carl@example.org"); got.UserStatus != types.UserStatusTypeConfirmed || *got.Username != "carl" ||
		texts(got.UserAttributes) != texts(created.Attributes) || !got.UserCreateDate.Equal(start) {
		t.Errorf("got %+v", got)
	}
	if location := a.signIn(asked(), "carl", "Carls-own-1").location(t); location.Query().Get("code") == "" {
		t.Errorf("carl was sent to %s", location)
	}
}

func TestATemporaryPasswordSignsNobodyIn(t *testing.T) {
	a := newAdministered(t, nil)
	a.create(func(input *idp.AdminCreateUserInput) { input.TemporaryPassword = aws.String("Temporary-1") })
	for secret, want := range map[string]string{"Temporary-1": "no page to change a temporary password", "Temporary-2": "Incorrect username or password."} {
		if page := a.signIn(asked(), "carl", secret); page.status != http.StatusBadRequest || !strings.Contains(page.body, want) {
			t.Errorf("%s: got %d %s, want %q", secret, page.status, page.body, want)
		}
	}
}

func TestAUserIsCreatedAsThePoolAllowsAlone(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*idp.AdminCreateUserInput)
		code string
	}{
		"a name that is taken": {func(i *idp.AdminCreateUserInput) { i.Username = aws.String("ANN") }, "UsernameExistsException"},
		"an address that another signs in with": {func(i *idp.AdminCreateUserInput) {
			i.UserAttributes = attributes("email", "ANN@example.org", "email_verified", "true")
		}, "AliasExistsException"},
		"an address as a name": {func(i *idp.AdminCreateUserInput) { i.Username = aws.String("carl@example.org") }, "InvalidParameterException"},
		"a name with a space":  {func(i *idp.AdminCreateUserInput) { i.Username = aws.String("carl x") }, "InvalidParameterException"},
		"no address":           {func(i *idp.AdminCreateUserInput) { i.UserAttributes = nil }, "InvalidParameterException"},
		"a malformed address":  {func(i *idp.AdminCreateUserInput) { i.UserAttributes = attributes("email", "carl") }, "InvalidParameterException"},
		"an unknown attribute": {func(i *idp.AdminCreateUserInput) {
			i.UserAttributes = attributes("email", "c@example.org", "custom:other", "x")
		}, "InvalidParameterException"},
		"a patient that is too long": {func(i *idp.AdminCreateUserInput) {
			i.UserAttributes = attributes("email", "c@example.org", "custom:patient", strings.Repeat("x", 65))
		}, "InvalidParameterException"},
		"an attribute twice": {func(i *idp.AdminCreateUserInput) {
			i.UserAttributes = attributes("email", "c@example.org", "email", "d@example.org")
		}, "InvalidParameterException"},
		"a sub": {func(i *idp.AdminCreateUserInput) {
			i.UserAttributes = attributes("email", "c@example.org", "sub", annSub)
		}, "InvalidParameterException"},
		"a weak password":                     {func(i *idp.AdminCreateUserInput) { i.TemporaryPassword = aws.String("weak") }, "InvalidPasswordException"},
		"an invitation by the default medium": {func(i *idp.AdminCreateUserInput) { i.DesiredDeliveryMediums = nil }, "CodeDeliveryFailureException"},
		"another pool":                        {func(i *idp.AdminCreateUserInput) { i.UserPoolId = aws.String("us-east-1_Other") }, "ResourceNotFoundException"},
		"an invitation of one who signed in": {func(i *idp.AdminCreateUserInput) {
			i.Username, i.MessageAction = aws.String("ann"), types.MessageActionTypeResend
		}, "UnsupportedUserStateException"},
		"an invitation of nobody":   {func(i *idp.AdminCreateUserInput) { i.MessageAction = types.MessageActionTypeResend }, "UserNotFoundException"},
		"a parameter not imitated":  {func(i *idp.AdminCreateUserInput) { i.ForceAliasCreation = true }, "SerializationException"},
		"a message of another kind": {func(i *idp.AdminCreateUserInput) { i.MessageAction = "SHOUT" }, "InvalidParameterException"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAdministered(t, nil)
			_, err := a.client.AdminCreateUser(t.Context(), carl(c.edit))
			assertCode(t, name, err, c.code)
			if users := a.list(""); len(users) != 2 {
				t.Errorf("there are users %v", users)
			}
		})
	}
}

func TestAnInvitationIsSentAgainWithAnotherPassword(t *testing.T) {
	a := newAdministered(t, nil)
	a.create(func(i *idp.AdminCreateUserInput) { i.TemporaryPassword = aws.String("Temporary-1") })
	a.create(func(i *idp.AdminCreateUserInput) { i.MessageAction = types.MessageActionTypeResend })
	if page := a.signIn(asked(), "carl", "Temporary-1"); !strings.Contains(page.body, "Incorrect username or password.") {
		t.Errorf("the former password still counts: %s", page.body)
	}
}

func TestAnAddressStaysUntilTheNewOneIsVerified(t *testing.T) {
	a := newAdministered(t, nil)
	update := func(pairs ...string) error {
		_, err := a.client.AdminUpdateUserAttributes(t.Context(), &idp.AdminUpdateUserAttributesInput{
			UserPoolId: aws.String(poolID), Username: aws.String("ann"), UserAttributes: attributes(pairs...),
		})
		return err
	}
	if err := update("email", "new@example.org", "given_name", "Anna"); err != nil {
		t.Fatal(err)
	}
	const unverified = "custom:patient=patient-001 email=ann@example.org email_verified=true given_name=Anna"
	if got := texts(a.get("ann").UserAttributes); got != unverified {
		t.Errorf("got %s, want %s", got, unverified)
	}
	if err := update("email", "new@example.org", "email_verified", "true", "custom:patient", ""); err != nil {
		t.Fatal(err)
	}
	const verified = "email=new@example.org email_verified=true given_name=Anna"
	if got := texts(a.get("ann").UserAttributes); got != verified {
		t.Errorf("got %s, want %s", got, verified)
	}
	assertCode(t, "one of two is wrong", update("given_name", "A", "custom:other", "x"), "InvalidParameterException")
	if got := texts(a.get("ann").UserAttributes); got != verified {
		t.Errorf("a refused update changed something: %s", got)
	}
	_, err := a.client.AdminDeleteUserAttributes(t.Context(), &idp.AdminDeleteUserAttributesInput{
		UserPoolId: aws.String(poolID), Username: aws.String("ann"), UserAttributeNames: []string{"given_name"},
	})
	if got := texts(a.get("ann").UserAttributes); err != nil || got != "email=new@example.org email_verified=true" {
		t.Errorf("got %s and %v", got, err)
	}
	_, err = a.client.AdminDeleteUserAttributes(t.Context(), &idp.AdminDeleteUserAttributesInput{
		UserPoolId: aws.String(poolID), Username: aws.String("ann"), UserAttributeNames: []string{"email"},
	})
	assertCode(t, "a required attribute", err, "InvalidParameterException")
}

func TestAGlobalSignOutEndsRefreshTokensAndLeavesTheBrowsersSession(t *testing.T) {
	a := newAdministered(t, nil)
	tokens := a.launched()
	if _, err := a.client.AdminUserGlobalSignOut(t.Context(), &idp.AdminUserGlobalSignOutInput{UserPoolId: aws.String(poolID), Username: aws.String("ann")}); err != nil {
		t.Fatal(err)
	}
	a.refused("after the sign-out", refreshOf(tokens["refresh_token"].(string)), "invalid_grant")
	if got := a.userInfo(tokens); got != http.StatusUnauthorized {
		t.Errorf("userInfo answers %d, want 401", got)
	}
	if !a.verifies(tokens["access_token"]) {
		t.Error("who verifies the access token offline notices, which is not so at Cognito")
	}
	if location := a.world.get("/oauth2/authorize?" + asked().Encode()).location(t); location.Query().Get("code") == "" {
		t.Errorf("the browser's session has ended: sent to %s", location)
	}
}

func (a *administered) userInfo(tokens map[string]any) int {
	a.t.Helper()
	return a.do(a.request(http.MethodGet, "/oauth2/userInfo", "", "Authorization", "Bearer "+tokens["access_token"].(string))).status
}

func TestADisabledUserNeitherSignsInNorRefreshes(t *testing.T) {
	a := newAdministered(t, nil)
	tokens := a.launched()
	name := &idp.AdminDisableUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ann")}
	for range 2 { // it is idempotent
		if _, err := a.client.AdminDisableUser(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	a.refused("while disabled", refreshOf(tokens["refresh_token"].(string)), "invalid_grant")
	if got := a.userInfo(tokens); got != http.StatusUnauthorized {
		t.Errorf("userInfo answers %d, want 401", got)
	}
	if location := a.world.get("/oauth2/authorize?" + asked().Encode()).location(t); location.Query().Get("error") != "server_error" {
		t.Errorf("the browser's session still serves: sent to %s", location)
	}
	a.http = a.newBrowser()
	if page := a.signIn(asked(), "ann", password); !strings.Contains(page.body, "User is disabled.") {
		t.Errorf("got %d %s", page.status, page.body)
	}
	if _, err := a.client.AdminEnableUser(t.Context(), &idp.AdminEnableUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ann")}); err != nil {
		t.Fatal(err)
	}
	a.launched()
}

func TestNothingOfADeletedUserServesANewOneOfTheName(t *testing.T) {
	a := newAdministered(t, nil)
	tokens := a.launched()
	name := &idp.AdminDeleteUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ann")}
	if _, err := a.client.AdminDeleteUser(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	_, err := a.client.AdminDeleteUser(t.Context(), name)
	assertCode(t, "again", err, "UserNotFoundException")
	created := a.create(func(i *idp.AdminCreateUserInput) { i.Username = aws.String("ann") })
	if *created.Attributes[0].Value == annSub {
		t.Error("the new user has the sub of the former one")
	}
	a.refused("the former user's token", refreshOf(tokens["refresh_token"].(string)), "invalid_grant")
	if location := a.world.get("/oauth2/authorize?" + asked().Encode()).location(t); location.Path != "/login" {
		t.Errorf("the former user's session serves: sent to %s", location)
	}
}

func TestGroupsAreOfThePoolAndInTheNextToken(t *testing.T) {
	a := newAdministered(t, nil)
	in := func(group string) error {
		_, err := a.client.AdminAddUserToGroup(t.Context(), &idp.AdminAddUserToGroupInput{UserPoolId: aws.String(poolID), Username: aws.String("ann"), GroupName: &group})
		return err
	}
	for _, group := range []string{"patients", "clinicians", "patients"} {
		if err := in(group); err != nil {
			t.Fatal(err)
		}
	}
	assertCode(t, "an unknown group", in("others"), "ResourceNotFoundException")
	list, err := a.client.AdminListGroupsForUser(t.Context(), &idp.AdminListGroupsForUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ann"), Limit: aws.Int32(1)})
	if err != nil || len(list.Groups) != 1 || *list.Groups[0].GroupName != "clinicians" || list.NextToken == nil {
		t.Errorf("got %+v and %v", list, err)
	}
	if got := fmt.Sprint(claims(t, a.launched()["access_token"])["cognito:groups"]); got != "[clinicians patients]" {
		t.Errorf("the token has the groups %s", got)
	}
	_, err = a.client.AdminRemoveUserFromGroup(t.Context(), &idp.AdminRemoveUserFromGroupInput{UserPoolId: aws.String(poolID), Username: aws.String("ann"), GroupName: aws.String("patients")})
	members, listErr := a.client.ListUsersInGroup(t.Context(), &idp.ListUsersInGroupInput{UserPoolId: aws.String(poolID), GroupName: aws.String("clinicians")})
	if err := errors.Join(err, listErr); err != nil || len(members.Users) != 1 || *members.Users[0].Username != "ann" {
		t.Errorf("got %+v and %v", members, err)
	}
	_, err = a.client.ListUsersInGroup(t.Context(), &idp.ListUsersInGroupInput{UserPoolId: aws.String(poolID), GroupName: aws.String("others")})
	assertCode(t, "the members of an unknown group", err, "ResourceNotFoundException")
}

// list are the names of the users that a filter finds.
func (a *administered) list(filter string) []string {
	a.t.Helper()
	input := &idp.ListUsersInput{UserPoolId: aws.String(poolID), Limit: aws.Int32(1)}
	if filter != "" {
		input.Filter = &filter
	}
	var names []string
	for pages := idp.NewListUsersPaginator(a.client, input); pages.HasMorePages(); {
		page, err := pages.NextPage(a.t.Context())
		if err != nil {
			a.t.Fatalf("%s: %v", filter, err)
		}
		for _, user := range page.Users {
			names = append(names, *user.Username)
		}
	}
	return names
}

func TestUsersAreListedByOneFilterAndInPages(t *testing.T) {
	a := newAdministered(t, nil)
	a.create(nil)
	if _, err := a.client.AdminDisableUser(t.Context(), &idp.AdminDisableUserInput{UserPoolId: aws.String(poolID), Username: aws.String("bob")}); err != nil {
		t.Fatal(err)
	}
	for filter, want := range map[string][]string{
		"":                                  {"ann", "bob", "carl"},
		`username = "ann"`:                  {"ann"},
		`username = "Ann"`:                  nil, // it depends on case
		`email ^= "bob"`:                    {"bob"},
		`"given_name"="Ann"`:                {"ann"},
		`given_name ^= ""`:                  {"ann"},
		`cognito:user_status = "confirmed"`: {"ann", "bob"},
		`cognito:user_status = "FORCE_CHANGE_PASSWORD"`: {"carl"},
		`status = "Disabled"`:                           {"bob"},
		`status = "disabled"`:                           nil, // it depends on case
		`email = "a\" or \"b"`:                          nil,
	} {
		if got := a.list(filter); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", filter, got, want)
		}
	}
	for _, filter := range []string{`custom:patient = "patient-001"`, `email = ann`, `email != "x"`, `email = "x" and email = "y"`} {
		_, err := a.client.ListUsers(t.Context(), &idp.ListUsersInput{UserPoolId: aws.String(poolID), Filter: &filter})
		assertCode(t, filter, err, "InvalidParameterException")
	}
	_, err := a.client.ListUsers(t.Context(), &idp.ListUsersInput{UserPoolId: aws.String(poolID), Limit: aws.Int32(61)})
	assertCode(t, "a page of 61", err, "InvalidParameterException")
	_, err = a.client.ListUsers(t.Context(), &idp.ListUsersInput{UserPoolId: aws.String(poolID), PaginationToken: aws.String("x")})
	assertCode(t, "a made-up token", err, "InvalidParameterException")
}

func TestAPoolIsDescribed(t *testing.T) {
	described, err := newAdministered(t, nil).client.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: aws.String(poolID)})
	if err != nil {
		t.Fatal(err)
	}
	pool := described.UserPool
	if *pool.Arn != poolARN || *pool.Policies.PasswordPolicy.MinimumLength != 8 || pool.EstimatedNumberOfUsers != 2 || *pool.UsernameConfiguration.CaseSensitive ||
		!slices.Equal(pool.AliasAttributes, []types.AliasAttributeType{"email"}) {
		t.Errorf("got %+v", pool)
	}
	required := map[string]bool{}
	for _, attribute := range pool.SchemaAttributes {
		required[*attribute.Name] = *attribute.Required
	}
	if patient, known := required["custom:patient"]; !required["email"] || patient || !known || !required["sub"] {
		t.Errorf("the schema is %v", required)
	}
}

func TestWhoeverMayNotIsRefusedInAWSsShape(t *testing.T) {
	a := newAdministered(t, nil)
	get := &idp.AdminGetUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ann")}
	_, err := a.as("arn:aws:iam::123456789012:role/other").AdminGetUser(t.Context(), get)
	assertCode(t, "another principal", err, "AccessDeniedException")
	if want := "is not authorized to perform: cognito-idp:AdminGetUser on resource: " + poolARN; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	stranger := *a
	stranger.keys = sigv4test.NewKeyring()
	_, err = stranger.as(administrator).AdminGetUser(t.Context(), get)
	assertCode(t, "credentials of another account", err, "UnrecognizedClientException")
	_, err = a.client.AdminResetUserPassword(t.Context(), &idp.AdminResetUserPasswordInput{UserPoolId: aws.String(poolID), Username: aws.String("ann")})
	assertCode(t, "an operation that is not imitated", err, "UnknownOperationException")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.api.URL, strings.NewReader(`{"UserPoolId":"`+poolID+`","Username":"ann"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.AdminGetUser")
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	response, err := a.api.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if want := `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`; err != nil || response.StatusCode != http.StatusBadRequest || strings.TrimSpace(string(body)) != want {
		t.Errorf("unsigned: got %d %s and %v, want 400 %s", response.StatusCode, body, err, want)
	}
}

func TestAPoolWithoutTheAPIHasNone(t *testing.T) {
	w := newWorld(t, nil)
	server := httptest.NewServer(w.pool.Issuer())
	defer server.Close()
	response, err := http.Post(server.URL, "application/x-amz-json-1.1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusNotFound {
		t.Errorf("got %d and %v", response.StatusCode, err)
	}
}

// The two sides of the pool at once, for the race detector.
func TestUsersSignInWhileTheyAreChanged(t *testing.T) {
	a := newAdministered(t, nil)
	done := make(chan error, 1)
	go func() {
		var all error
		for i := range 50 {
			_, err := a.client.AdminUpdateUserAttributes(context.WithoutCancel(t.Context()), &idp.AdminUpdateUserAttributesInput{
				UserPoolId: aws.String(poolID), Username: aws.String("ann"), UserAttributes: attributes("given_name", fmt.Sprint("Ann ", i)),
			})
			all = errors.Join(all, err)
		}
		done <- all
	}()
	for range 5 {
		a.launched()
		a.http = a.newBrowser()
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the changes do not end")
	}
}
