package cognito

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
)

// The user pools API, as far as administering users takes it
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/). Its
// protocol is AWS JSON 1.1 (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).

const (
	targetPrefix = "AWSCognitoIdentityProviderService."
	apiMediaType = "application/x-amz-json-1.1"
)

// API is what a pool needs to serve the user pools API.
type API struct {
	ARN string // of the pool
	// Keys know the credentials that requests are signed with.
	Keys *sigv4.Keyring
	// Permit returns an error unless a principal may do an action, such as
	// "cognito-idp:AdminGetUser", on a user pool.
	Permit func(principal, action, arn string) error
	// Groups of the pool.
	Groups []string
	// Schema has the custom attributes, and the standard ones whose rules the pool declares.
	Schema []SchemaAttribute
	// VerifiedFirst are attributes whose old value stays until the new one is verified.
	VerifiedFirst []string
	// Passwords are the rules for them.
	Passwords PasswordPolicy
}

// SchemaAttribute is one of a pool's schema, of text.
type SchemaAttribute struct {
	Name      string // with "custom:" where it is a custom one
	Required  bool   // of every user
	MaxLength int    // in characters; 0 for Cognito's own limit
}

// PasswordPolicy is that of a pool.
type PasswordPolicy struct {
	MinimumLength                                                      int
	RequireLowercase, RequireUppercase, RequireNumbers, RequireSymbols bool
	TemporaryValidityDays                                              int
}

// The errors of the API. Which operation answers with which is on the operation's page.
const (
	accessDenied      = "AccessDeniedException"
	aliasExists       = "AliasExistsException"
	deliveryFailed    = "CodeDeliveryFailureException"
	invalidParameter  = "InvalidParameterException"
	invalidPassword   = "InvalidPasswordException"
	resourceNotFound  = "ResourceNotFoundException"
	serialization     = "SerializationException"
	unknownOperation  = "UnknownOperationException"
	unsupportedState  = "UnsupportedUserStateException"
	usernameExists    = "UsernameExistsException"
	userNotFound      = "UserNotFoundException"
	internalErrorType = "InternalErrorException"
)

// apiError is a refusal in AWS's shape.
type apiError struct{ typ, message string }

func (e *apiError) Error() string { return e.typ + ": " + e.message }

func refuse(typ, format string, values ...any) error {
	return &apiError{typ, fmt.Sprintf(format, values...)}
}

var errNoUser = refuse(userNotFound, "User does not exist.")

// operation answers a request, read from JSON, with what becomes JSON.
type operation func(p *Pool, body []byte) (any, error)

// does makes an operation of a function with a request of its own.
func does[Request any](do func(*Pool, Request) (any, error)) operation {
	return func(p *Pool, body []byte) (any, error) {
		var request Request
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields() // a member that is not imitated, or none of AWS's
		if err := decoder.Decode(&request); err != nil {
			return nil, refuse(serialization, "%v", err)
		}
		return do(p, request)
	}
}

var operations = map[string]operation{
	"AdminAddUserToGroup":       does((*Pool).adminAddUserToGroup),
	"AdminCreateUser":           does((*Pool).adminCreateUser),
	"AdminDeleteUser":           does((*Pool).adminDeleteUser),
	"AdminDeleteUserAttributes": does((*Pool).adminDeleteUserAttributes),
	"AdminDisableUser":          does((*Pool).adminDisableUser),
	"AdminEnableUser":           does((*Pool).adminEnableUser),
	"AdminGetUser":              does((*Pool).adminGetUser),
	"AdminListGroupsForUser":    does((*Pool).adminListGroupsForUser),
	"AdminRemoveUserFromGroup":  does((*Pool).adminRemoveUserFromGroup),
	"AdminSetUserPassword":      does((*Pool).adminSetUserPassword),
	"AdminUpdateUserAttributes": does((*Pool).adminUpdateUserAttributes),
	"AdminUserGlobalSignOut":    does((*Pool).adminUserGlobalSignOut),
	"DescribeUserPool":          does((*Pool).describeUserPool),
	"ListUsers":                 does((*Pool).listUsers),
	"ListUsersInGroup":          does((*Pool).listUsersInGroup),
}

// serveAPI answers the requests of principals who may do what they ask for.
func (p *Pool) serveAPI(w http.ResponseWriter, r *http.Request) {
	answer, err := p.answerAPI(r)
	if err != nil {
		refuseAPI(w, err)
		return
	}
	w.Header().Set("Content-Type", apiMediaType)
	_ = json.NewEncoder(w).Encode(answer) // the client went away: nobody to tell
}

func (p *Pool) answerAPI(r *http.Request) (any, error) {
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	operation, known := operations[name]
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); !ok || !known || err != nil || media != apiMediaType {
		return nil, refuse(unknownOperation, "")
	}
	principal, err := p.config.API.Keys.Verify(r, "cognito-idp", p.region(), time.Now())
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes+1))
	if err != nil {
		return nil, refuse(serialization, "the request ended early")
	}
	if len(body) > maxRequestBytes {
		return nil, refuse("RequestEntityTooLargeException", "the request is longer than %d bytes", maxRequestBytes)
	}
	var asked struct{ UserPoolId string } //nolint:revive // AWS's name
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, refuse(serialization, "the request is not JSON")
	}
	arn := strings.TrimSuffix(p.config.API.ARN, p.id()) + asked.UserPoolId
	action := "cognito-idp:" + name
	if err := p.config.API.Permit(principal, action, arn); err != nil {
		return nil, refuse(accessDenied, "User: %s is not authorized to perform: %s on resource: %s: %v", principal, action, arn, err)
	}
	if asked.UserPoolId != p.id() {
		return nil, refuse(resourceNotFound, "User pool %s does not exist.", asked.UserPoolId)
	}
	return operation(p, body)
}

// refuseAPI writes an error as AWS does in this protocol: with status 400, and the type in
// the body and a header.
func refuseAPI(w http.ResponseWriter, err error) {
	typ, message, status := internalErrorType, "", http.StatusInternalServerError
	var refused *apiError
	var unsigned *sigv4.Error
	switch {
	case errors.As(err, &refused):
		typ, message, status = refused.typ, refused.message, http.StatusBadRequest
	case errors.As(err, &unsigned):
		typ, message, status = unsigned.Type, unsigned.Message, http.StatusBadRequest
	}
	w.Header().Set("Content-Type", apiMediaType)
	w.Header().Set("X-Amzn-Errortype", typ+":")
	w.Header().Set("X-Amzn-Errormessage", message)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": typ, "message": message}) // the client went away: nobody to tell
}
