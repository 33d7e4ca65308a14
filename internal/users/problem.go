package users

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// The fields of a wanted user, as the columns of a file are called.
const (
	FieldUsername = "username"
	FieldEmail    = "email"
	FieldPatient  = "patient"
	FieldFHIRUser = "fhirUser"
	FieldGroups   = "groups"
)

// Problem is one thing that is wrong with what the caller asked for. Its text names the
// field, quotes the value and says what is accepted.
type Problem struct {
	Field, Value, Accepted string
}

func (p Problem) Error() string {
	if p.Value == "" {
		return p.Field + ": " + p.Accepted
	}
	return fmt.Sprintf("%s: %q: %s", p.Field, p.Value, p.Accepted)
}

// Problems are all that is wrong with what the caller asked for, at once. Nothing was
// changed because of it, unless the error around it says so.
type Problems []Problem

func (p Problems) Error() string { return p.Named(func(field string) string { return field }) }

// Named is the text with other names for the fields, such as those of flags.
func (p Problems) Named(name func(field string) string) string {
	texts := make([]string, len(p))
	for i, problem := range p {
		problem.Field = name(problem.Field)
		texts[i] = problem.Error()
	}
	return strings.Join(texts, "; ")
}

// orNil is no error where there is no problem.
func (p Problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Failure is an error of a call of AWS.
type Failure struct {
	Operation string // such as AdminCreateUser
	Code      string // of the error, such as UserNotFoundException; empty where AWS did not answer
	cause     error
}

func (f *Failure) Error() string {
	var answered smithy.APIError
	switch {
	case f.Denied():
		return fmt.Sprintf(`%s: %v: "smartlake deploy-policy --operator" prints the rights that it takes`, f.Operation, f.cause)
	case errors.As(f.cause, &answered) && answered.ErrorMessage() != "":
		return fmt.Sprintf("%s: %s: %s", f.Operation, answered.ErrorCode(), answered.ErrorMessage())
	default:
		return fmt.Sprintf("%s: %v", f.Operation, f.cause)
	}
}

func (f *Failure) Unwrap() error { return f.cause }

// Denied reports whether the caller may not do it.
func (f *Failure) Denied() bool { return f.Code == "AccessDeniedException" }

// Refused reports whether AWS understood the call and refused what it asks for: the same
// call fails again.
func (f *Failure) Refused() bool {
	switch f.Code {
	case "AliasExistsException", "CodeDeliveryFailureException", "InvalidParameterException", "InvalidPasswordException",
		"PasswordHistoryPolicyViolationException", "ResourceNotFoundException", "UnsupportedUserStateException", "UserLambdaValidationException",
		"UserNotFoundException", "UsernameExistsException":
		return true
	}
	return false
}

// Final reports whether every other call fails in the same way: the credentials are no
// good, or the pool is not there.
func (f *Failure) Final() bool {
	switch f.Code {
	case "AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException", "InvalidClientTokenId", "InvalidSignatureException",
		"MissingAuthenticationTokenException", "NotAuthorizedException", "UnrecognizedClientException":
		return true
	}
	return false
}

// failure tells an error of a call of AWS without the parts that only AWS's support needs.
func failure(err error) error {
	if err == nil {
		return nil
	}
	told := &Failure{Operation: "Cognito", cause: err}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		told.Operation, told.cause = operation.Operation(), operation.Unwrap()
	}
	var answered smithy.APIError
	if errors.As(err, &answered) {
		told.Code, told.cause = answered.ErrorCode(), answered
	}
	return told
}

// hasCode reports whether AWS answered with one of some errors.
func hasCode(err error, codes ...string) bool {
	var answered smithy.APIError
	if !errors.As(err, &answered) {
		return false
	}
	for _, code := range codes {
		if answered.ErrorCode() == code {
			return true
		}
	}
	return false
}

// asFailure tells an error of a call of AWS, and leaves one that is told already.
func asFailure(err error) error {
	var told *Failure
	var problems Problems
	if errors.As(err, &told) || errors.As(err, &problems) {
		return err
	}
	return failure(err)
}
