// Package healthlake stands in for an AWS HealthLake datastore with SMART on FHIR
// authorization, on loopback. It serves the declared discovery document, asks the
// declared validator about every bearer token within HealthLake's one second,
// holds the answer against the required fields, the scopes and the IAM role that
// it names, and then serves a small synthetic FHIR R4 data set: read by id, and
// search by type with _id, _count, patient, subject, category and code.
//
// What it leaves out: writing (answered with 501 once it is authorized), paging,
// all other search parameters (refused, never ignored), bundles, history,
// operations, SigV4, fine-grained authorization by fhirUser, quotas. What AWS
// does not document - whether discovery needs a signature, how a denial is told to
// the client - it answers as OAuth 2.0 would (RFC 6750).
package healthlake

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// ValidatorTimeout is how long HealthLake waits for the validator.
const ValidatorTimeout = time.Second

// Validator calls the function behind an ARN; the ARN may name an alias.
type Validator func(ctx context.Context, arn string, payload []byte) (Reply, error)

// Reply is what a function call brought.
type Reply struct {
	Answer    []byte
	ColdStart bool // a process had to be started for the call
}

// Authorizer reports whether HealthLake may assume a role, and whether the role
// may do an action on a datastore; the error says what is missing.
type Authorizer func(roleARN, action, datastoreARN string) error

// Config describes a datastore.
type Config struct {
	Endpoint     string // URL with the path /datastore/<id>/r4/
	ARN          string
	ID           string
	Name         string
	Metadata     string // the discovery document, served as it is
	ValidatorARN string
	Data         *Data
}

// Datastore is a running stand-in.
type Datastore struct {
	config    Config
	validator Validator
	authorize Authorizer
	mux       *http.ServeMux

	// OnDecision, if set, is called with every question to the validator.
	OnDecision func(Decision)
}

// Decision tells of one question to the validator and what became of it.
type Decision struct {
	Event    []byte // what the validator was asked, the token included
	Reply    Reply  // what the validator replied; its Answer is empty if the call failed
	Err      error  // why nothing came of it
	Asked    time.Time
	Answered time.Time
}

// New makes a datastore.
func New(config Config, validator Validator, authorize Authorizer) (*Datastore, error) {
	endpoint, err := url.Parse(config.Endpoint)
	if err != nil {
		return nil, err
	}
	d := &Datastore{config: config, validator: validator, authorize: authorize, mux: http.NewServeMux()}
	base := endpoint.Path
	d.mux.HandleFunc("GET "+base+".well-known/smart-configuration", d.serveDiscovery)
	d.mux.HandleFunc("GET "+base+"metadata", d.authorized("GetCapabilities", d.serveCapabilities))
	d.mux.HandleFunc("GET "+base+"{type}", d.authorized("SearchWithGet", d.search))
	d.mux.HandleFunc("POST "+base+"{type}/_search", d.authorized("SearchWithPost", d.search))
	d.mux.HandleFunc("GET "+base+"{type}/{id}", d.authorized("ReadResource", d.read))
	d.mux.HandleFunc("POST "+base+"{type}", d.authorized("CreateResource", notServed))
	d.mux.HandleFunc("PUT "+base+"{type}/{id}", d.authorized("UpdateResource", notServed))
	d.mux.HandleFunc("DELETE "+base+"{type}/{id}", d.authorized("DeleteResource", notServed))
	d.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "not-found", "the local cloud serves nothing here")
	})
	return d, nil
}

// ServeHTTP implements http.Handler.
func (d *Datastore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	d.mux.ServeHTTP(w, r)
}

func (d *Datastore) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(d.config.Metadata)) // the client went away: nobody to tell
}

func (d *Datastore) serveCapabilities(w http.ResponseWriter, _ *http.Request, _ grant) {
	respond(w, http.StatusOK, resource{
		"resourceType": "CapabilityStatement",
		"status":       "active",
		"kind":         "instance",
		"fhirVersion":  "4.0.1",
		"format":       []string{"json"},
		"rest":         []any{map[string]any{"mode": "server", "security": map[string]any{"description": "SMART on FHIR"}}},
	})
}

func notServed(w http.ResponseWriter, _ *http.Request, _ grant) {
	refuse(w, http.StatusNotImplemented, "not-supported", "the request is authorized, but this data set cannot be changed")
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away: nobody to tell
}

// refuse answers with an OperationOutcome.
func refuse(w http.ResponseWriter, status int, code, diagnostics string) {
	respond(w, status, resource{
		"resourceType": "OperationOutcome",
		"issue":        []any{map[string]any{"severity": "error", "code": code, "diagnostics": diagnostics}},
	})
}
