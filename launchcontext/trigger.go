package launchcontext

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Config is the configuration of a trigger. Both attributes are required.
type Config struct {
	// PatientAttribute and FHIRUserAttribute are the full names of the user attributes, such
	// as "custom:patient". They must be custom attributes, because users can write standard
	// ones.
	PatientAttribute  string
	FHIRUserAttribute string

	Logger *slog.Logger     // optional: nowhere by default
	Now    func() time.Time // optional: time.Now by default
}

// Trigger answers pre token generation events. Safe for concurrent use.
type Trigger struct {
	claims []claim
	log    *slog.Logger
	now    func() time.Time
}

// New checks the configuration. An error names the field and what is accepted.
func New(config Config) (*Trigger, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	return &Trigger{
		claims: []claim{
			{"patient", config.PatientAttribute, asksForPatient, smart.ValidPatientID},
			{"fhirUser", config.FHIRUserAttribute, asksForFHIRUser, isFHIRUser},
		},
		log: config.Logger,
		now: config.Now,
	}, nil
}

func (c Config) check() error {
	var problems []error
	for _, attribute := range []struct{ field, name string }{
		{"PatientAttribute", c.PatientAttribute}, {"FHIRUserAttribute", c.FHIRUserAttribute},
	} {
		if name, custom := strings.CutPrefix(attribute.name, "custom:"); !custom || name == "" {
			problems = append(problems, fmt.Errorf("%s: %q: must be a custom attribute, custom:<name>", attribute.field, attribute.name))
		}
	}
	if len(problems) == 0 && c.PatientAttribute == c.FHIRUserAttribute {
		problems = append(problems, fmt.Errorf("FHIRUserAttribute: %q: must differ from PatientAttribute", c.FHIRUserAttribute))
	}
	return errors.Join(problems...)
}

// ErrEventInvalid is the error for an event that is not a JSON object, and so not Cognito's.
var ErrEventInvalid = errors.New("event_invalid: must be Cognito's pre token generation event")

// Invoke is the Lambda handler: Cognito's event in, and the same event with the claims in
// its response out, both as JSON. It returns an event that gets no claims unchanged. The
// only error is [ErrEventInvalid].
func (t *Trigger) Invoke(_ context.Context, payload []byte) (answer []byte, err error) {
	var r record
	defer func() {
		if p := recover(); p != nil {
			r.reason, r.panicked = InternalError, lambdamain.NewTrace(p)
			answer, err = payload, nil
		}
		t.report(r)
	}()
	r.started = t.now()
	e, reason := parseEvent(payload)
	r.event, r.reason = e, reason
	switch reason {
	case "":
		r.outcomes = t.decide(e)
		return e.answer(payload, r.outcomes)
	case EventInvalid:
		return nil, ErrEventInvalid
	default:
		return payload, nil
	}
}

// decide says of every claim what becomes of it.
func (t *Trigger) decide(e event) []outcome {
	outcomes := make([]outcome, 0, len(t.claims))
	for _, c := range t.claims {
		outcomes = append(outcomes, c.decide(e))
	}
	return outcomes
}
