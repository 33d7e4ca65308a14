package decision

import (
	"fmt"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// Decision is one of the validator's, in words. Texts of the token are quoted in it as they
// are: escape them where they are shown.
type Decision struct {
	// Granted, as the validator answered.
	Granted bool
	// Says in a sentence what came of it.
	Says string
	// Holder says whose token it is; empty if that is not known.
	Holder string
	// Scopes of the token in its order; nil if the token was refused before any was looked at.
	Scopes []Scope
	// Role is read, write or export, and empty without a grant; RoleSays says why this one.
	Role, RoleSays string
	// Differs says how the answer differs from what the rules of this version of package
	// validator come to; empty if it does not.
	Differs string
}

// Scope is one of a token, and what came of it.
type Scope struct {
	Text   string
	Counts bool
	SignIn bool   // it is for the sign-in, and not meant to count
	Says   string // a sentence
}

// Explain says in words how the validator came to its answer to an event. The claims are those
// of the event's token, and asked is when the validator was asked.
//
// A token whose signature does not hold, or that was refused before its claims were read, has
// claims that nobody vouches for: the scopes of such a token are not explained.
func Explain(config validator.Config, claims []byte, event validator.Event, answer validator.Answer, asked time.Time) Decision {
	reason := answer.AuthPayload.Error
	d := Decision{Granted: answer.Authorized()}
	if !d.Granted && beforeTheClaims[reason] {
		d.Says = "Refused: " + OfReason(reason)
		return d
	}
	explained := validator.Explain(config, claims, event, asked)
	d.Holder = holder(explained)
	counting := 0
	for _, scope := range explained.Scopes {
		counts := scope.Effect == validator.ScopeCounts
		if counts {
			counting++
		}
		d.Scopes = append(d.Scopes, Scope{scope.Text, counts, !counts && isSignIn(scope.Text), ofScope(scope, explained, claims)})
	}
	d.Differs = difference(config, explained, answer)
	if !d.Granted {
		d.Says = "Refused: " + OfReason(reason)
		return d
	}
	d.Says = fmt.Sprintf("Granted: %d of %d scopes %s.", counting, len(explained.Scopes), map[bool]string{true: "counts", false: "count"}[counting == 1])
	d.Role, d.RoleSays = ofRole(explained)
	return d
}

// difference compares an answer with what the rules come to.
func difference(config validator.Config, explained validator.Explanation, answer validator.Answer) string {
	if explained.Reason != answer.AuthPayload.Error {
		return fmt.Sprintf("The validator answered %s; by the rules of this version of Smartlake the answer is %s.",
			outcome(answer.AuthPayload.Error), outcome(explained.Reason))
	}
	if !answer.Authorized() {
		return ""
	}
	var counting []string
	for _, scope := range explained.Scopes {
		if scope.Effect == validator.ScopeCounts {
			counting = append(counting, scope.Text)
		}
	}
	if scope := strings.Join(counting, " "); scope != answer.AuthPayload.Scope {
		return fmt.Sprintf("The validator answered with the scopes %q; by the rules of this version of Smartlake %q count.", answer.AuthPayload.Scope, scope)
	}
	roles := map[validator.Role]string{validator.ReadRole: config.ReadRoleARN, validator.WriteRole: config.WriteRoleARN, validator.ExportRole: config.ExportRoleARN}
	if want := roles[explained.Role]; want != answer.IAMRoleARN {
		return fmt.Sprintf("The validator answered with the role %q; by the rules of this version of Smartlake it is %q.", answer.IAMRoleARN, want)
	}
	return ""
}

func outcome(reason validator.Reason) string {
	if reason == "" {
		return "a grant"
	}
	return "the refusal " + string(reason)
}

func holder(explained validator.Explanation) string {
	switch explained.Holder {
	case smart.ClientHolder:
		return "The token is the client's own: it has no user."
	case smart.UserHolder:
		return "The token is a user's."
	default:
		return ""
	}
}

// ofRole names the role of a grant, and says why it is this one.
func ofRole(explained validator.Explanation) (role, why string) {
	switch explained.Role {
	case validator.NoRole: // it differs, and Differs says so
		return "", ""
	case validator.ReadRole:
		role, why = "read", "Every scope that counts only reads or searches."
	case validator.WriteRole:
		role, why = "write", fmt.Sprintf("%s may change data.", firstThatWrites(explained))
	case validator.ExportRole:
		return "export", "The operation starts an export, and the client's system/ scopes read and search every resource."
	}
	if explained.Exports {
		why += " The role cannot export: that needs a client's own token with system/ scopes that read and search every resource."
	}
	return role, why
}

// firstThatWrites is the first scope that counts and may change data.
func firstThatWrites(explained validator.Explanation) string {
	for _, scope := range explained.Scopes {
		if parsed, err := smart.ParseScope(scope.Text); scope.Effect == validator.ScopeCounts && err == nil && !parsed.ReadOnly() {
			return scope.Text
		}
	}
	return "A scope that counts"
}
