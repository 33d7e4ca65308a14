package validator

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Budget is the longest time for a judgement. HealthLake waits for one second, including the
// network.
const Budget = 800 * time.Millisecond

// Config is the configuration of a validator. Every field is required unless its comment
// says otherwise.
type Config struct {
	Issuers  []string                    // accepted "iss" values
	JWKSURI  string                      // https URL of the issuer's key set
	Clients  []Client                    // apps whose tokens are taken, with whose apps they are
	Strategy smart.AuthorizationStrategy // what the datastore understands

	ReadRoleARN   string // role for tokens whose scopes only read
	WriteRoleARN  string // role for all others
	ExportRoleARN string // role for an export by a client whose system/ scopes read everything

	Logger  *slog.Logger     // optional: nowhere by default
	RootCAs *x509.CertPool   // optional: who may vouch for the key set's server; the system's by default
	Now     func() time.Time // optional: time.Now by default
	Metrics string           // optional: function name under which log lines carry metrics; none by default

	// LogUsers makes the log lines of accepted users' tokens name the user, by the sub that
	// Cognito gave the user. By default no line names a user.
	LogUsers bool
}

// Validator judges tokens. Safe for concurrent use.
type Validator struct {
	config Config
	keys   *keySet
	seen   verifiedTokens
	log    *slog.Logger
	now    func() time.Time
}

// New checks the configuration. It does not use the network; see [Validator.Warm].
func New(config Config) (*Validator, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	keys, err := newKeySet(config.JWKSURI, config.RootCAs, config.Now)
	if err != nil {
		return nil, err
	}
	return &Validator{config: config, keys: keys, log: config.Logger, now: config.Now}, nil
}

func (c Config) check() error {
	var problems []error
	require := func(field, accepted string, given bool) {
		if !given {
			problems = append(problems, fmt.Errorf("%s: missing; %s", field, accepted))
		}
	}
	const roleARN = "must be the ARN of an IAM role"
	require("Issuers", "add at least one issuer", len(c.Issuers) > 0)
	require("Clients", "add at least one client", len(c.Clients) > 0)
	require("ReadRoleARN", roleARN, c.ReadRoleARN != "")
	require("WriteRoleARN", roleARN, c.WriteRoleARN != "")
	require("ExportRoleARN", roleARN, c.ExportRoleARN != "")
	for i, issuer := range c.Issuers {
		require(fmt.Sprintf("Issuers[%d]", i), "must be an issuer, as tokens have it in iss", issuer != "")
	}
	problems = append(problems, c.checkClients()...)
	if !c.Strategy.Valid() {
		problems = append(problems, fmt.Errorf("%s: %q: must be %s or %s", "Strategy", c.Strategy, smart.SMARTOnFHIR, smart.SMARTOnFHIRV1))
	}
	return errors.Join(problems...)
}

// Warm reads the key set before the first judgement. It takes no longer than one fetch. Log
// its error and go on: the first judgement tries again at once, within the rest of [Budget]
// since Warm began.
func (v *Validator) Warm(ctx context.Context) error {
	v.keys.warm(ctx)
	usable, skipped, err := v.keys.state()
	if err != nil {
		v.log.Error(wire.LineKeySetNotRead, "error", err.Error())
		return err
	}
	v.log.Info("key set read", "keys", usable, "skipped", skipped)
	return nil
}

// Invoke is the Lambda handler: HealthLake's event in, its answer out, both as JSON. The
// error is always nil, because a denial is an answer too.
func (v *Validator) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	event, ok := parseEvent(payload)
	if !ok {
		event = Event{} // judged like any event that names no datastore
	}
	return json.Marshal(v.Authorize(ctx, event)) // cannot fail: an answer is made of strings and integers
}

// Authorize judges the event's token. It always answers within [Budget], with a denial if it
// cannot judge the token.
func (v *Validator) Authorize(ctx context.Context, event Event) (answer Answer) {
	r := record{operation: event.OperationName}
	defer func() {
		if p := recover(); p != nil {
			r.reason, r.panicked = InternalError, lambdamain.NewTrace(p)
		}
		if r.reason != "" {
			answer = deny(r.reason)
		}
		v.report(r)
	}()
	r.started = v.now()
	answer, r.reason = v.judge(ctx, event, &r)
	return answer
}

// judge runs the checks in the order of their cost and of what may be trusted:
// shape first, then the key, the signature, and only then the claims. A token that has
// been seen before is not read again; its key and its time are checked all the same,
// and so is what the event asks for.
func (v *Validator) judge(ctx context.Context, event Event, r *record) (Answer, Reason) {
	if event.DatastoreEndpoint == "" || event.OperationName == "" {
		return Answer{}, EventInvalid
	}
	text, reason := bearerToken(event.BearerToken)
	if reason != "" {
		return Answer{}, reason
	}
	digest := digestOf(text)
	token, seen, reason := v.recall(ctx, digest)
	if reason == "" && !seen {
		token, reason = v.verify(ctx, text, r)
	}
	if reason != "" {
		return Answer{}, reason
	}
	r.keyID, r.clientID, r.user = token.keyID, token.entitlement.clientID, token.entitlement.user()
	if reason := token.entitlement.check(v.now(), event.DatastoreEndpoint); reason != "" {
		return Answer{}, reason
	}
	if !seen {
		v.seen.remember(digest, token)
	}
	r.role = token.entitlement.role(event.OperationName)
	return token.entitlement.answer(&v.config, event, r.role), ""
}

// recall returns what is known of a token whose signature has held before, with a
// key that still counts. The key is looked up once for a judgement: where it cannot be,
// that is the reason of the refusal.
func (v *Validator) recall(ctx context.Context, digest digest) (verified, bool, Reason) {
	known, ok := v.seen.find(digest)
	if !ok {
		return verified{}, false, ""
	}
	key, reason := v.key(ctx, known.keyID)
	return known, reason == "" && key == known.key, reason
}

// key looks a key up, or says why the request is refused.
func (v *Validator) key(ctx context.Context, kid string) (*rsa.PublicKey, Reason) {
	key, err := v.keys.key(ctx, kid)
	switch {
	case ctx.Err() != nil:
		return nil, DeadlineExceeded
	case errors.Is(err, errKeyUnknown):
		return nil, KeyUnknown
	case err != nil:
		return nil, KeysUnavailable
	}
	return key, ""
}

// verify takes a token apart and verifies its signature, before anything in it is
// read as a claim, and judges what it entitles its holder to.
func (v *Validator) verify(ctx context.Context, text string, r *record) (verified, Reason) {
	t, reason := parseToken(text)
	if reason != "" {
		return verified{}, reason
	}
	key, reason := v.key(ctx, t.keyID)
	if reason != "" {
		return verified{}, reason
	}
	r.keyID = t.keyID
	if !t.signedBy(key) {
		return verified{}, SignatureInvalid
	}
	c, ok := parseClaims(t.claims)
	if !ok {
		return verified{}, ClaimsMalformed
	}
	if app, known := v.config.client(c.clientID); known {
		r.clientID = app.ID
	}
	e, reason := c.entitlement(&v.config)
	r.user = e.user()
	if reason != "" {
		return verified{}, reason
	}
	return verified{key: key, keyID: t.keyID, entitlement: e}, ""
}
