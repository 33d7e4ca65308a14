package healthlake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// grant is what a token lets its holder do in this request.
type grant struct {
	typ           string         // the resource type that was asked for; it reaches no other
	scopes        []grantedScope // those that cover the operation and the type
	patient       string         // id of the patient whom patient/ scopes are about
	user          string         // the FHIR resource that the user is: "Practitioner/1"
	fineGrained   bool           // whether user/ scopes are held against the user
	lookUpPatient func(id string) (resource, bool)
}

// grantedScope is a scope with its filter in the form in which resources are compared.
type grantedScope struct {
	smart.Scope
	filter []smart.Parameter
}

// granted takes a scope at a datastore, whose own absolute URLs stand for the relative
// ones of its resources.
func granted(scope smart.Scope, endpoint string) grantedScope {
	filter := scope.Query()
	for i := range filter {
		filter[i].Value = relativeAlternatives(filter[i].Value, endpoint)
	}
	return grantedScope{scope, filter}
}

// handler serves a request that was authorized, within its grant.
type handler func(w http.ResponseWriter, r *http.Request, g grant)

// authorized asks the validator before the interaction is served.
func (d *Datastore) authorized(i interaction) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := bearerToken(r.Header.Get("Authorization"))
		if token == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "login", "no bearer token")
			return
		}
		answer, decision, err := d.ask(r.Context(), i.operation, token)
		sent := d.reporting(w, r, decision)
		defer sent.report(0) // nothing was sent: the handler failed
		if err != nil {
			refuse(sent, http.StatusForbidden, "exception", err.Error())
			return
		}
		if !answer.Authorized() {
			deny(sent, answer.AuthPayload.Error)
			return
		}
		typ := r.PathValue("type")
		g, err := d.admit(r.Context(), answer, i, typ)
		if err != nil {
			fail(sent, err)
			return
		}
		if typ != "" && !smart.IsResourceType(typ) {
			refuse(sent, http.StatusNotFound, "not-found", "no FHIR R4 resource type: "+typ)
			return
		}
		i.serve(sent, r, g)
	}
}

// ask sends HealthLake's event to the validator and waits for one second.
func (d *Datastore) ask(ctx context.Context, operation, token string) (answer validator.Answer, decision Decision, err error) {
	event := validator.Event{
		DatastoreEndpoint:    d.config.Endpoint,
		OperationName:        operation,
		BearerToken:          token,
		DatastoreID:          d.config.ID,
		DatastoreTypeVersion: "R4",
		DatastoreName:        d.config.Name,
	}
	decision.TokenBytes = len(token)
	payload, err := json.Marshal(event)
	if err != nil {
		return answer, decision, err
	}
	event.BearerToken = ""
	if decision.Event, err = json.Marshal(event); err != nil {
		return answer, decision, err
	}
	decision.Asked = time.Now()
	defer func() { decision.Answered, decision.Err = time.Now(), err }()
	ctx, cancel := context.WithTimeout(ctx, ValidatorTimeout)
	defer cancel()
	decision.Reply, err = d.validator(ctx, d.config.ValidatorARN, payload)
	if errors.Is(err, context.DeadlineExceeded) {
		return answer, decision, errors.New("Timeout during custom Idp execution.") //nolint:staticcheck,revive // HealthLake's own words
	}
	if err != nil {
		return answer, decision, err
	}
	if err := json.Unmarshal(decision.Reply.Answer, &answer); err != nil {
		return answer, decision, fmt.Errorf("the validator's answer is not HealthLake's: %w", err)
	}
	return answer, decision, nil
}

// admit holds a grant against what HealthLake requires of it, the request against
// the scopes, and the role against IAM.
func (d *Datastore) admit(ctx context.Context, answer validator.Answer, i interaction, typ string) (grant, error) {
	payload, now := answer.AuthPayload, time.Now().Unix()
	switch {
	case payload.Audience != d.config.Endpoint:
		return grant{}, badAnswer("aud is not this datastore")
	case payload.Expires == 0 || now >= payload.Expires:
		return grant{}, badAnswer("exp is missing or has passed")
	case payload.NotBefore == 0 || now < payload.NotBefore-60:
		return grant{}, badAnswer("nbf is missing or lies ahead")
	case payload.Scope == "":
		return grant{}, badAnswer("scope is missing")
	case answer.IAMRoleARN == "":
		return grant{}, badAnswer("iamRoleARN is missing")
	}
	g := grant{
		typ:           typ,
		patient:       payload.Patient,
		user:          strings.TrimPrefix(payload.FHIRUser, d.config.Endpoint),
		fineGrained:   d.config.FineGrained,
		lookUpPatient: d.rememberingPatients(ctx),
	}
	for text := range strings.SplitSeq(payload.Scope, " ") {
		scope, err := smart.ParseScope(text)
		if err != nil {
			return grant{}, badAnswer(err.Error())
		}
		if scope.Permissions().Contains(i.permission) && g.counts(scope, typ) {
			g.scopes = append(g.scopes, granted(scope, d.config.Endpoint))
		}
	}
	if err := g.checkFilters(typ); err != nil {
		return grant{}, err
	}
	if len(g.scopes) == 0 {
		return grant{}, &refusal{http.StatusForbidden, "forbidden", fmt.Sprintf("no scope of the token covers %s on %s", i.operation, typ)}
	}
	if err := d.authorize(answer.IAMRoleARN, "healthlake:"+i.operation, d.config.ARN); err != nil {
		return grant{}, brokenStack(err.Error())
	}
	return g, nil
}

// rememberingPatients looks each Patient up once in a request.
func (d *Datastore) rememberingPatients(ctx context.Context) func(id string) (resource, bool) {
	type found struct {
		patient resource
		ok      bool
	}
	remembered := map[string]found{}
	return func(id string) (resource, bool) {
		f, ok := remembered[id]
		if !ok {
			f.patient, f.ok = d.resources.patient(ctx, id)
			remembered[id] = f
		}
		return f.patient, f.ok
	}
}

// counts reports whether a scope may reach any resource of a type at all. The
// empty type stands for the whole datastore.
func (g grant) counts(scope smart.Scope, typ string) bool {
	if typ == "" {
		return true
	}
	if scope.Type() != smart.AnyType && scope.Type() != typ {
		return false
	}
	switch scope.Context() {
	case smart.Patient:
		return g.patient != "" && inCompartments(typ)
	case smart.User:
		return !g.fineGrained || g.user != ""
	case smart.System:
		return true
	default:
		return false
	}
}

// checkFilters refuses a grant that depends on a filter which this package cannot
// compare resources with: what it does not find may be there.
func (g grant) checkFilters(typ string) error {
	if typ == "" || g.reachesAll(typ) {
		return nil
	}
	for _, scope := range g.scopes {
		for _, parameter := range scope.filter {
			if known := searchable(scope.Type()); !slices.Contains(known, parameter.Name) {
				return &refusal{http.StatusNotImplemented, "not-supported", fmt.Sprintf("the scope %q: the local cloud cannot filter by %s; of %s it knows %s",
					scope, parameter.Name, scope.Type(), strings.Join(known, ", "))}
			}
		}
	}
	return nil
}

// allows reports whether some scope of the grant reaches a resource: system/ scopes
// reach all of their type, patient/ scopes what is in the patient's compartment,
// user/ scopes what fine-grained authorization leaves, and a filtered scope those
// that match besides.
func (g grant) allows(r resource) bool {
	return g.covers(r, func(scope grantedScope) bool { return g.reaches(scope, r) })
}

// allowsWriting reports whether some scope of the grant reaches a resource to change
// it, or to make it so. A scope that is held to some patients changes nothing that is
// about others as well, though it may show it: a patient who performed an observation of
// somebody else sees it.
func (g grant) allowsWriting(r resource) bool {
	return g.covers(r, func(scope grantedScope) bool {
		switch {
		case !g.reaches(scope, r):
			return false
		case scope.Context() == smart.Patient:
			return !r.aboutOthers(func(patient string) bool { return patient == g.patient })
		case scope.Context() == smart.User && g.fineGrained && inCompartments(r.typ()):
			return !r.aboutOthers(func(patient string) bool { return g.userReachesPatient(patient, r) })
		default:
			return true
		}
	})
}

// covers reports whether a scope reaches a resource, by a rule, and its filter matches.
func (g grant) covers(r resource, reaches func(grantedScope) bool) bool {
	return r.typ() == g.typ && slices.ContainsFunc(g.scopes, func(scope grantedScope) bool {
		if !reaches(scope) {
			return false
		}
		for _, parameter := range scope.filter {
			if !r.matches(parameter.Name, parameter.Value) {
				return false
			}
		}
		return true
	})
}

func (g grant) reaches(scope grantedScope, r resource) bool {
	switch scope.Context() {
	case smart.Patient:
		return r.about(g.patient)
	case smart.User:
		return !g.fineGrained || g.userReaches(r)
	case smart.System:
		return true
	default:
		return false
	}
}

// reachesAll reports whether the grant reaches every resource of a type, so that
// nothing has to be known of one to decide.
func (g grant) reachesAll(typ string) bool {
	return slices.ContainsFunc(g.scopes, func(scope grantedScope) bool {
		free := scope.Context() == smart.System || scope.Context() == smart.User && (!g.fineGrained || !inCompartments(typ))
		return free && !scope.Filtered()
	})
}

// onlyPatient reports whether the grant reaches nothing but one patient's resources.
func (g grant) onlyPatient() bool {
	return !slices.ContainsFunc(g.scopes, func(scope grantedScope) bool { return scope.Context() != smart.Patient })
}
