package frontdoor

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// Door is the SMART endpoint in front of a datastore, an [http.Handler]. Safe for
// concurrent use.
type Door struct {
	hosts      []string // that it answers for: with the port, and without, as an HTTP API names it
	base       string   // the path of the FHIR API
	discovery  *document
	capability *capabilityStatement
	oauth      authorizationServer
	fhir       http.Handler
	apps       origins // whose pages may use the FHIR API
	log        *slog.Logger
	now        func() time.Time
}

// authorizationServer is what makes tokens. The FHIR endpoints know nothing of it, so
// that another one may take the place of the relay to Cognito.
type authorizationServer interface {
	serveAuthorize(http.ResponseWriter, *http.Request)
	serveToken(http.ResponseWriter, *http.Request)
	serveRevocation(http.ResponseWriter, *http.Request)
}

// upstreamTimeout is how long HealthLake may take for a FHIR request. The function and
// the API in front of it have some seconds more.
const upstreamTimeout = 25 * time.Second

// New checks the configuration. It does not use the network.
func New(config Config) (*Door, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Transport == nil {
		config.Transport = fhirproxy.NewTransport()
	}
	base, err := url.Parse(config.BaseURL)
	if err != nil {
		return nil, err
	}
	fhir, err := fhirproxy.New(fhirproxy.Config{
		BaseURL:     config.BaseURL,
		Upstream:    config.DatastoreEndpoint,
		Transport:   config.Transport,
		Timeout:     upstreamTimeout,
		MaxResponse: config.MaxResponse,
		Observe:     observe,
	})
	if err != nil {
		return nil, err
	}
	d := &Door{
		hosts:      []string{hostOf(base.Host), strings.ToLower(base.Hostname())},
		base:       base.Path,
		discovery:  newDocument([]byte(config.DiscoveryDocument), "application/json"),
		capability: newCapabilityStatement(config),
		oauth:      newCognitoRelay(config),
		fhir:       fhir,
		log:        config.Logger,
		now:        config.Now,
	}
	d.apps = originsOf(config.AllowedOrigins)
	for _, client := range config.Clients {
		d.apps = append(d.apps, originsOf(client.CallbackURLs)...)
	}
	return d, nil
}

// hostOf is a host as it is compared: in small letters, without the port of https.
func hostOf(text string) string { return strings.TrimSuffix(strings.ToLower(text), ":443") }

// route is an endpoint of the door.
type route struct {
	name string // in the log
	http.HandlerFunc
}

// route finds the endpoint of a request by its path as it was sent. No path is cleaned and none
// is redirected to: two readers of a path must never understand two different ones.
func (d *Door) route(r *http.Request) route {
	path := r.URL.EscapedPath()
	below := path == d.base || strings.HasPrefix(path, d.base+"/")
	foreign := !slices.Contains(d.hosts, hostOf(r.Host))
	switch {
	case foreign && below:
		return route{"misdirected", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			fhirproxy.WriteOutcome(w, http.StatusMisdirectedRequest, "not-found", misdirected)
		}}
	case foreign:
		return route{"misdirected", (&oauthError{http.StatusMisdirectedRequest, invalidRequest, misdirected}).serve}
	case path == d.base+"/.well-known/smart-configuration":
		return route{"discovery", d.serveDiscovery}
	case path == d.base+"/metadata":
		return route{"metadata", d.serveMetadata}
	case below:
		return route{"fhir", d.serveFHIR}
	case path == wire.FrontDoorAuthorizationPath:
		return route{"authorize", d.oauth.serveAuthorize}
	case path == wire.FrontDoorTokenPath:
		return route{"token", d.oauth.serveToken}
	case path == wire.FrontDoorRevocationPath:
		return route{"revoke", d.oauth.serveRevocation}
	default:
		return route{"unknown", (&oauthError{http.StatusNotFound, invalidRequest,
			"There is no such endpoint. The FHIR API is below " + d.base + ", and " + d.base + "/.well-known/smart-configuration lists the others."}).serve}
	}
}

const misdirected = "This server does not answer for the host of the request. Use the URL that the server's operator gives out."

// ServeHTTP answers a request and writes one log line.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := d.route(r)
	observed := &observer{ResponseWriter: w}
	rec := &record{started: d.now(), route: to.name, method: r.Method}
	defer d.finish(observed, r, rec)
	to.HandlerFunc(observed, r.WithContext(withRecord(r.Context(), rec)))
}

// serveDiscovery serves the discovery document (SMART App Launch 2.2, "Conformance").
func (d *Door) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	switch {
	case isPreflight(r):
		w.Header().Set("Access-Control-Allow-Origin", anyOrigin)
		documentRequests.answerPreflight(w, r, true)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		(&oauthError{http.StatusMethodNotAllowed, invalidRequest, "Send a GET request for the discovery document."}).serve(w, r)
	default:
		d.discovery.serve(w, r)
	}
}

// serveMetadata serves the capability statement of HealthLake with the door's own
// addresses (FHIR R4, "capabilities").
func (d *Door) serveMetadata(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", anyOrigin)
	switch {
	case isPreflight(r):
		documentRequests.answerPreflight(w, r, true)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		fhirproxy.WriteOutcome(w, http.StatusMethodNotAllowed, "not-supported", "Send a GET request for the capability statement.")
		return
	}
	statement := d.capability.get(r.Context())
	if statement == nil {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Retry-After", "5")
		fhirproxy.WriteOutcome(w, http.StatusServiceUnavailable, "transient", "HealthLake's capability statement cannot be read at the moment. Try again in some seconds.")
		return
	}
	statement.serve(w, r)
}

// fhirRequests are what a page may send to the FHIR API: what the proxy passes on.
var fhirRequests = crossOrigin{
	methods: "GET, HEAD, POST, PUT, PATCH, DELETE",
	headers: "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer",
	prefix:  "x-amz-fhir-",
}

// fhirExposed are the headers of an answer that a page may read.
const fhirExposed = "Content-Location, ETag, Last-Modified, Location, Retry-After, WWW-Authenticate"

// serveFHIR passes a request on to HealthLake, and lets pages of registered origins
// read the answer.
func (d *Door) serveFHIR(w http.ResponseWriter, r *http.Request) {
	allowed := d.apps.allow(w, r)
	if isPreflight(r) {
		fhirRequests.answerPreflight(w, r, allowed)
		return
	}
	if allowed {
		w.Header().Set("Access-Control-Expose-Headers", fhirExposed)
	}
	d.fhir.ServeHTTP(w, r)
}
