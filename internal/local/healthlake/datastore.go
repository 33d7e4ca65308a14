// Package healthlake stands in for an AWS HealthLake datastore with SMART on FHIR
// authorization, on loopback. It serves the declared discovery document, asks the
// declared validator about every bearer token within HealthLake's one second,
// holds the answer against the required fields, the scopes and the IAM role that
// it names, and then serves FHIR R4 resources: read, vread, history, search with
// paging, create, update and delete. The resources are a synthetic set (package synthetic) kept
// in memory, or those of a FHIR server behind it ([Config.FHIRURL]).
//
// A scope is enforced on the interaction (SMART App Launch 2.2: r is read, vread and
// the history of a resource, s is search, u is update and also creates where the id
// is new), on the resource type, on the compartment of the patient for patient/
// scopes, on the user for user/ scopes with fine-grained authorization, and on its
// filter. What a grant does not reach is as if it did not exist when it is read, and
// forbidden when it is written; a write needs both the old resource and the new one
// within the grant. Whom a resource is about follows HL7's patient compartment: a scope
// that is held to patients reads what is in the compartment of one of them, and writes
// what is in nobody else's and cannot be. This is what SMART on FHIR says; how HealthLake
// itself draws these lines beyond its documentation is unverified on AWS.
//
// A search compares resources as package fhirsearch does, and so does the filter of a
// scope: by the parameters that HL7 defines for the type, as far as AWS documents that
// HealthLake does (docs/reference/local-search.md lists them all). Whatever else a search
// asks for is refused by its name. What _include and _revinclude bring is held against the
// scopes of its own type, as if it had been searched for; _elements and _summary cut what
// the grant reaches.
//
// Updates and deletions honour If-Match and If-None-Match. Every other header that would
// change what a write means is refused. Which of them HealthLake honours is unverified
// on AWS.
//
// A batch or a transaction of at most 160 entries is served as HealthLake's guide and
// FHIR R4 say: the entries of a batch each on its own, those of a transaction all or none,
// with the links between them resolved. Where FHIR's order of a transaction's entries and
// the guide's would differ, it is refused. The validator is asked once, about
// ProcessBundle; each entry is then held against the scopes and the role as a request of
// its own. Refused within a Bundle are patches, conditional updates, deletions and
// references, operations, another Bundle and, unless Lenient, searches.
//
// What it is not: a HealthLake. It leaves out validation against profiles (a few
// required elements are looked at), chained search parameters and _has (refused), patches
// (authorized, then refused), transactions with a FHIR server behind, operations such as
// $everything and $export, history of a type, conditional updates and deletions, FHIR
// requests that are signed instead of carrying a token, and all quotas
// but that of the discovery document. Data in memory is gone with the process. How a denial
// of the validator is told to the client, which AWS does not document, it answers as OAuth
// 2.0 (RFC 6750) says.
//
// Where AWS's documentation shows one way only, that is the only way: the discovery
// document and the capability statement want a signature (package sigv4) by a principal who
// may healthlake:GetCapabilities, the discovery document is served ten times a minute, a
// request without a token is refused with 403 and AWS's own kind of error, no header
// lets a browser in (CORS), a Bundle takes a role that may healthlake:ProcessBundle, and
// there is no conditional create (If-None-Exist), whose search would be held against the
// token's scopes. [Config.Lenient] takes the reading that is better for apps
// instead. Which of them is HealthLake's is unverified on AWS.
package healthlake

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// ValidatorTimeout is how long HealthLake waits for the validator.
const ValidatorTimeout = time.Second

// maxBody is the size of a request that is taken, and of an answer of the FHIR
// server behind.
const maxBody = 5 << 20

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
	FineGrained  bool  // whether user/ scopes are held against fhirUser; if not, they reach all of their type
	Data         *Data // what is there at first, nil for nothing; not used with FHIRURL

	// FHIRURL is the base URL of a FHIR R4 server, http or https, whose resources
	// are served in place of Data. The server must let this machine in without
	// credentials: none are sent, and never the caller's token. Every answer is held
	// against the grant here. Empty: Data, in memory.
	FHIRURL string

	// Keys know who signed a request, and Permit returns an error unless that principal may
	// do an action on a datastore. Both are required.
	Keys   *sigv4.Keyring
	Permit func(principal, action, datastoreARN string) error
	// AlsoAt are other base URLs, with a slash at their end, by which a search may name the
	// datastore's resources: the front door's.
	AlsoAt []string

	// Lenient serves the discovery document to anybody and as often as they like, and the
	// capability statement for a bearer token too; asks for a token with 401, as RFC 6750
	// says; lets browsers of every origin in (CORS); asks for the rights of a Bundle's
	// entries alone; serves conditional creates, and searches within a Bundle; and searches as
	// FHIR says where AWS says that HealthLake does not: _summary=count, _count=0 and above
	// 100, _total=estimate, the prefix ap, and strings without regard to case.
	Lenient bool
}

// Datastore is a running stand-in.
type Datastore struct {
	config    Config
	base      string // path of the endpoint
	validator Validator
	authorize Authorizer
	resources repository
	mux       *http.ServeMux
	discovery quota

	// Faults make it fail on demand.
	Faults Faults

	// OnDecision, if set before the first request, is called with every question to
	// the validator, before the answer to the request is sent.
	OnDecision func(Decision)

	// InWords, if set before the first request, says in sentences why the validator denied
	// a token. They go into the answer as an issue of their own, for people: it is not known
	// what HealthLake answers, so apps must not read them.
	InWords func(token string, event validator.Event, answer validator.Answer, asked time.Time) string
}

// repository holds the resources and serves the interactions on them.
type repository interface {
	create(w http.ResponseWriter, r *http.Request, g grant)
	read(w http.ResponseWriter, r *http.Request, g grant)
	readVersion(w http.ResponseWriter, r *http.Request, g grant)
	history(w http.ResponseWriter, r *http.Request, g grant)
	search(w http.ResponseWriter, r *http.Request, g grant)
	update(w http.ResponseWriter, r *http.Request, g grant)
	remove(w http.ResponseWriter, r *http.Request, g grant)

	// patient looks a Patient up, whoever asks.
	patient(ctx context.Context, id string) (resource, bool)
}

// interaction is one of FHIR's RESTful interactions.
type interaction struct {
	pattern    string // method and path below the endpoint, for http.ServeMux
	operation  string // HealthLake's name: an IAM action, and what the validator is told
	permission smart.Permissions
	serve      handler
}

// searching is a search, which a conditional create is as well.
var searching = interaction{"GET {type}", "SearchWithGet", smart.Search, repository.search}

// interactions are those with resources of a type.
var interactions = []interaction{
	{"GET {type}/{id}", "ReadResource", smart.Read, repository.read},
	{"GET {type}/{id}/_history", "GetHistoryByResourceId", smart.Read, repository.history},
	{"GET {type}/{id}/_history/{version}", "VersionReadResource", smart.Read, repository.readVersion},
	searching,
	{"POST {type}/_search", "SearchWithPost", smart.Search, repository.search},
	{"POST {type}", "CreateResource", smart.Create, repository.create},
	{"PUT {type}/{id}", "UpdateResource", smart.Update, repository.update},
	{"DELETE {type}/{id}", "DeleteResource", smart.Delete, repository.remove},
	{"PATCH {type}/{id}", "PatchResource", smart.Update, notServed},
}

// New makes a datastore.
func New(config Config, validator Validator, authorize Authorizer) (*Datastore, error) {
	endpoint, err := url.Parse(config.Endpoint)
	if err != nil {
		return nil, err
	}
	if config.Keys == nil || config.Permit == nil {
		return nil, errors.New("configuration: Keys and Permit: missing; set both, to know who signed a request")
	}
	pages, err := newPages(config.Lenient)
	if err != nil {
		return nil, err
	}
	d := &Datastore{config: config, base: endpoint.Path, validator: validator, authorize: authorize, mux: http.NewServeMux()}
	if config.FHIRURL == "" {
		d.resources = newMemory(config.Endpoint, pages, config.Data, config.dialect())
	} else {
		behind, err := newUpstream(config.Endpoint, pages, config.FHIRURL)
		if err != nil {
			return nil, err
		}
		behind.bases = config.dialect().Bases
		d.resources = behind
	}
	d.mux.HandleFunc("GET "+d.base+".well-known/smart-configuration", d.discoverable())
	d.mux.HandleFunc("GET "+d.base+"metadata", d.described())
	d.mux.HandleFunc("POST "+d.base+"{$}", d.judged(processBundle, d.serveBundle))
	allowed := map[string][]string{"{$}": {http.MethodPost}}
	for _, i := range interactions {
		method, path, _ := strings.Cut(i.pattern, " ")
		d.mux.HandleFunc(method+" "+d.base+path, d.authorized(i))
		allowed[path] = append(allowed[path], method)
	}
	for path, methods := range allowed {
		if path != "{type}/_search" { // with another method, a type and an id by these names
			d.mux.HandleFunc(d.base+path, notAllowed(strings.Join(methods, ", ")))
		}
	}
	d.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "not-found", "the local cloud serves nothing here")
	})
	return d, nil
}

// dialect is how searches and the filters of scopes are read.
func (c Config) dialect() fhirsearch.Dialect {
	return fhirsearch.Dialect{Bases: append([]string{c.Endpoint}, c.AlsoAt...), Lenient: c.Lenient}
}

// ServeHTTP implements http.Handler.
func (d *Datastore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.config.Lenient && shareWithOrigins(w, r) || d.Faults.beset(w, strings.HasPrefix(r.URL.Path, d.base+".well-known/")) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	d.mux.ServeHTTP(w, r)
}

// notServed refuses what HealthLake does and this package does not.
func notServed(_ repository, w http.ResponseWriter, _ *http.Request, _ grant) {
	refuse(w, http.StatusNotImplemented, "not-supported", "the request is authorized, but the local cloud does no patches; use PUT")
}

func notAllowed(methods string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", methods)
		refuse(w, http.StatusMethodNotAllowed, "not-supported", r.Method+" is not allowed here; use "+methods)
	}
}
