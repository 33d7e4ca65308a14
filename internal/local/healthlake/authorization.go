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

// handler serves a request that was authorized, within its grant, from a repository.
type handler func(from repository, w http.ResponseWriter, r *http.Request, g grant)

// authorized serves an interaction within what the validator grants the token.
func (d *Datastore) authorized(i interaction) http.HandlerFunc {
	return d.judged(i.operation, func(w http.ResponseWriter, r *http.Request, answer validator.Answer) {
		typ := r.PathValue("type")
		g, err := d.admit(r.Context(), answer, i, typ)
		if err != nil {
			fail(w, err)
			return
		}
		if typ != "" && !smart.IsResourceType(typ) {
			fail(w, unknownType(typ))
			return
		}
		if err := present(w, r.URL.Query()); err != nil {
			fail(w, err)
			return
		}
		i.serve(d.resources, w, r, g)
	})
}

func unknownType(typ string) error {
	return &refusal{http.StatusNotFound, "not-found", "no FHIR R4 resource type: " + typ}
}

// judged asks the validator about the token of a request, and has the request served if
// the token is good.
func (d *Datastore) judged(operation string, serve func(http.ResponseWriter, *http.Request, validator.Answer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := bearerToken(r.Header.Get("Authorization"))
		if token == "" {
			d.askForToken(w)
			return
		}
		answer, decision, err := d.ask(r.Context(), operation, token)
		sent := d.reporting(w, r, decision)
		defer sent.report(0) // nothing was sent: the handler failed
		if err != nil {
			refuse(sent, http.StatusForbidden, "exception", err.Error())
			return
		}
		if !answer.Authorized() {
			deny(sent, answer.AuthPayload.Error, d.inWords(token, decision, answer))
			return
		}
		serve(sent, r, answer)
	}
}

// inWords says why the validator denied a token, if anybody does.
func (d *Datastore) inWords(token string, made Decision, answer validator.Answer) string {
	var event validator.Event
	if d.InWords == nil || json.Unmarshal(made.Event, &event) != nil {
		return ""
	}
	return d.InWords(token, event, answer, made.Asked)
}

// bearerToken is the token of an Authorization header; empty if there is none. The
// scheme's case does not matter (RFC 9110, section 11.1).
func bearerToken(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.Trim(token, " ")
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

// admit holds the answer against what HealthLake requires of it, the request against
// the scopes, and the role against IAM.
func (d *Datastore) admit(ctx context.Context, answer validator.Answer, i interaction, typ string) (grant, error) {
	if err := checkAnswer(answer, d.config.Endpoint, time.Now()); err != nil {
		return grant{}, err
	}
	g := grant{
		typ:           typ,
		patient:       answer.AuthPayload.Patient,
		text:          answer.AuthPayload.Scope,
		asked:         i,
		dialect:       d.config.dialect(),
		user:          strings.TrimPrefix(answer.AuthPayload.FHIRUser, d.config.Endpoint),
		fineGrained:   d.config.FineGrained,
		lookUpPatient: rememberingPatients(ctx, d.resources),
	}
	if i.operation == "CreateResource" {
		g.toSearch = func() (grant, error) { return d.admit(ctx, answer, searching, typ) }
	}
	if err := g.take(); err != nil {
		return grant{}, err
	}
	if err := d.authorize(answer.IAMRoleARN, "healthlake:"+i.operation, d.config.ARN); err != nil {
		return grant{}, brokenStack(err.Error())
	}
	return g, nil
}

// rememberingPatients looks each Patient up once in a request.
func rememberingPatients(ctx context.Context, in repository) func(id string) (resource, bool) {
	type found struct {
		patient resource
		ok      bool
	}
	remembered := map[string]found{}
	return func(id string) (resource, bool) {
		f, ok := remembered[id]
		if !ok {
			f.patient, f.ok = in.patient(ctx, id)
			remembered[id] = f
		}
		return f.patient, f.ok
	}
}
