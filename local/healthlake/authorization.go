package healthlake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// grant is what a token lets its holder do in this request.
type grant struct {
	scopes  []smart.Scope
	patient string
}

type handler func(w http.ResponseWriter, r *http.Request, g grant)

// permissions that a scope must hold for an operation.
var permissions = map[string]smart.Permissions{
	"CreateResource": smart.Create,
	"DeleteResource": smart.Delete,
	"ReadResource":   smart.Read,
	"SearchWithGet":  smart.Search,
	"SearchWithPost": smart.Search,
	"UpdateResource": smart.Update,
}

// authorized asks the validator before the handler runs.
func (d *Datastore) authorized(operation string, next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || token == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "login", "no bearer token")
			return
		}
		answer, err := d.ask(r.Context(), operation, token)
		if err != nil {
			refuse(w, http.StatusForbidden, "exception", err.Error())
			return
		}
		if answer.AuthPayload.IsAuthorized != "true" {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			refuse(w, http.StatusUnauthorized, "login", "the validator refused the token: "+string(answer.AuthPayload.Error))
			return
		}
		g, err := d.admit(answer, operation, r.PathValue("type"))
		if err != nil {
			refuse(w, http.StatusForbidden, "forbidden", err.Error())
			return
		}
		next(w, r, g)
	}
}

// ask sends HealthLake's event to the validator and waits for one second.
func (d *Datastore) ask(ctx context.Context, operation, token string) (answer validator.Answer, err error) {
	event, err := json.Marshal(validator.Event{
		DatastoreEndpoint:    d.config.Endpoint,
		OperationName:        operation,
		BearerToken:          token,
		DatastoreID:          d.config.ID,
		DatastoreTypeVersion: "R4",
		DatastoreName:        d.config.Name,
	})
	if err != nil {
		return answer, err
	}
	decision := Decision{Event: event, Asked: time.Now()}
	defer func() {
		decision.Answered, decision.Err = time.Now(), err
		if d.OnDecision != nil {
			d.OnDecision(decision)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, ValidatorTimeout)
	defer cancel()
	decision.Reply, err = d.validator(ctx, d.config.ValidatorARN, event)
	if errors.Is(err, context.DeadlineExceeded) {
		return answer, errors.New("Timeout during custom Idp execution.") //nolint:staticcheck,revive // HealthLake's own words
	}
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(decision.Reply.Answer, &answer); err != nil {
		return answer, fmt.Errorf("the validator's answer is not HealthLake's: %w", err)
	}
	return answer, nil
}

// admit holds a grant against what HealthLake requires of it, the request against
// the scopes, and the role against IAM.
func (d *Datastore) admit(answer validator.Answer, operation, resourceType string) (grant, error) {
	payload, now := answer.AuthPayload, time.Now().Unix()
	switch {
	case payload.Audience != d.config.Endpoint:
		return grant{}, errors.New("the validator's answer: aud is not this datastore")
	case payload.Expires == 0 || now >= payload.Expires:
		return grant{}, errors.New("the validator's answer: exp is missing or has passed")
	case payload.NotBefore == 0 || now < payload.NotBefore-60:
		return grant{}, errors.New("the validator's answer: nbf is missing or lies ahead")
	case payload.Scope == "":
		return grant{}, errors.New("the validator's answer: scope is missing")
	case answer.IAMRoleARN == "":
		return grant{}, errors.New("the validator's answer: iamRoleARN is missing")
	}
	g := grant{patient: payload.Patient}
	for _, text := range strings.Split(payload.Scope, " ") {
		scope, err := smart.ParseScope(text)
		if err != nil {
			return grant{}, fmt.Errorf("the validator's answer: %w", err)
		}
		if scope.Permissions.Contains(permissions[operation]) && (resourceType == "" || scope.Type == smart.AnyType || scope.Type == resourceType) {
			g.scopes = append(g.scopes, scope)
		}
	}
	if len(g.scopes) == 0 {
		return grant{}, fmt.Errorf("no scope of the token covers %s on %s", operation, resourceType)
	}
	return g, d.authorize(answer.IAMRoleARN, "healthlake:"+operation, d.config.ARN)
}

// allows reports whether some scope of the grant reaches a resource: system/ and
// user/ scopes reach all of their type, patient/ scopes those of the patient, and
// a filtered scope those that match.
func (g grant) allows(r resource) bool {
	for _, scope := range g.scopes {
		if scope.Context == smart.Patient && !r.about(g.patient) {
			continue
		}
		matches := true
		for _, parameter := range scope.Query {
			matches = matches && r.matches(parameter.Name, parameter.Value)
		}
		if matches {
			return true
		}
	}
	return false
}
