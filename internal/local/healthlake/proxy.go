package healthlake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
)

// upstream is the repository of a FHIR R4 server behind the datastore. Paths, headers and
// URLs pass by the rules of the front door's proxy. Beyond them, requests are made anew
// and answers are read whole, since this one judges: nothing reaches the caller that was
// not held against the grant.
type upstream struct {
	endpoint string
	bases    []string // the datastore's own URLs
	pages    pages
	base     *url.URL // with a slash at its end
	client   *http.Client
}

// answer is what the server behind sent.
type answer struct {
	status   int
	header   http.Header // those that may pass
	resource resource    // its URLs the datastore's, its references relative; nil: there was no body
}

// question is what the server behind is asked.
type question struct {
	interaction string // FHIR's code, which method and path must be
	method      string
	path        string // below the base
	query       string
	body        resource    // nil for none
	header      http.Header // beside those of the body
}

func newUpstream(endpoint string, pages pages, text string) (*upstream, error) {
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		quoted := "" // where secrets may stand
		if err == nil && base.User == nil && base.RawQuery == "" && base.Fragment == "" {
			quoted = fmt.Sprintf("%q: ", text)
		}
		return nil, fmt.Errorf("the FHIR server behind: %smust be the base URL of a FHIR R4 server, such as http://127.0.0.1:8080/fhir, without credentials, query and fragment", quoted)
	}
	base.Path = strings.TrimSuffix(base.Path, "/") + "/"
	return &upstream{
		endpoint: endpoint,
		pages:    pages,
		base:     base,
		client: &http.Client{
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// badGateway is the refusal when the server behind does not do its part. The cause
// is told: it is the developer's own server.
func badGateway(format string, values ...any) error {
	return &refusal{http.StatusBadGateway, "transient", "the FHIR server behind: " + fmt.Sprintf(format, values...)}
}

// send asks the server behind. What is outside of FHIR's grammar is not there.
func (u *upstream) send(ctx context.Context, q question) (answer, error) {
	if i, err := fhirproxy.Parse(q.method, q.path); err != nil || i.Name != q.interaction {
		return answer{}, errNotFound
	}
	to := *u.base
	to.Path += q.path
	to.RawQuery = q.query
	return u.sendTo(ctx, &to, q)
}

// turn asks for a page that a next link leads to.
func (u *upstream) turn(ctx context.Context, next string) (answer, error) {
	to, err := u.page(next)
	if err != nil {
		return answer{}, err
	}
	return u.sendTo(ctx, to, question{method: http.MethodGet})
}

// page is the URL of a next link at the server behind, which must be below its base in any
// of its forms, and is asked for in the form of FHIRURL.
func (u *upstream) page(next string) (*url.URL, error) {
	if own, ok := fhirproxy.RebaseURL(next, u.endpoint, u.base.String()); ok {
		next = own
	}
	outside := badGateway("its next link %q is not below FHIRURL", next)
	to, err := u.base.Parse(next)
	if err != nil || strings.Contains(to.Path, "/../") {
		return nil, outside
	}
	own, below := fhirproxy.RebaseURL(to.String(), u.base.String(), u.base.String())
	if !below {
		return nil, outside
	}
	return url.Parse(own)
}

func (u *upstream) sendTo(ctx context.Context, to *url.URL, q question) (answer, error) {
	header, err := fhirproxy.RequestHeader(q.header)
	if err != nil {
		return answer{}, err
	}
	header.Set("Accept", "application/fhir+json")
	var content io.Reader = http.NoBody
	if q.body != nil {
		text, err := json.Marshal(q.body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(text)
		header.Set("Content-Type", "application/fhir+json")
	}
	request, err := http.NewRequestWithContext(ctx, q.method, to.String(), content) //nolint:gosec // below the base, which was checked
	if err != nil {
		return answer{}, err
	}
	request.Header = header
	response, err := u.client.Do(request) //nolint:gosec // the server that this package was told to serve
	if err != nil {
		return answer{}, badGateway("%v", err)
	}
	defer func() { _ = response.Body.Close() }()
	return u.readAnswer(response)
}

func (u *upstream) readAnswer(response *http.Response) (answer, error) {
	base := u.base.String()
	a := answer{status: response.StatusCode, header: fhirproxy.ResponseHeader(response.Header, base, u.endpoint)}
	switch a.status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusNotFound, http.StatusGone,
		http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity:
	default:
		return answer{}, badGateway("it answered with status %d", a.status)
	}
	body, err := io.ReadAll(io.LimitReader(fhirproxy.Rebase(response.Body, base, u.endpoint), maxBody+1))
	switch {
	case err != nil:
		return answer{}, badGateway("its answer did not arrive whole")
	case len(body) > maxBody:
		return answer{}, badGateway("its answer is larger than %d MiB: ask for less, with _count", maxBody>>20)
	case len(body) == 0:
		return a, nil
	}
	got, err := parseResource(body)
	if err != nil && a.status < 300 {
		return answer{}, badGateway("its answer: %v", err)
	}
	if err == nil {
		a.resource = resource(relativeReferences(map[string]any(got), u.endpoint).(map[string]any))
	}
	return a, nil
}

// respond passes an answer on that holds nothing but what the grant reaches.
func (u *upstream) respond(w http.ResponseWriter, typ string, a answer) {
	if tag := tagOf(a); tag != "" {
		w.Header().Set("ETag", tag)
	}
	if at, err := http.ParseTime(a.header.Get("Last-Modified")); err == nil {
		w.Header().Set("Last-Modified", at.UTC().Format(http.TimeFormat))
	}
	if location := u.location(typ, a.header.Get("Location")); location != "" {
		w.Header().Set("Location", location)
	}
	if a.resource == nil {
		w.WriteHeader(a.status)
		return
	}
	respond(w, a.status, a.resource)
}

// refused is what the server behind refused with. What it says in words goes on
// only to who may see everything: it may tell of other resources.
func refused(a answer, everything bool) error {
	text := "the FHIR server behind refused the request"
	if issues := a.resource.at("issue.diagnostics"); everything && len(issues) > 0 {
		text = fmt.Sprintf("%s: %v", text, issues[0])
	}
	switch a.status {
	case http.StatusNotFound:
		return errNotFound
	case http.StatusGone:
		if everything {
			return errDeleted
		}
		return errNotFound // nobody knows whose it was
	default:
		return &refusal{a.status, "processing", text}
	}
}

// fetch reads one resource, or one version of it, whoever asks, and makes sure that it is
// the one.
func (u *upstream) fetch(ctx context.Context, typ, id, version string) (answer, error) {
	q := question{interaction: "read", method: http.MethodGet, path: typ + "/" + id}
	if version != "" {
		q.interaction, q.path = "vread", q.path+"/_history/"+version
	}
	a, err := u.send(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if a.status == http.StatusOK && (a.resource.typ() != typ || a.resource.id() != id) {
		return answer{}, badGateway("it answered with %s/%s for %s/%s", a.resource.typ(), a.resource.id(), typ, id)
	}
	return a, nil
}

// reached reads one resource, or one version of it, within the grant.
func (u *upstream) reached(r *http.Request, g grant, version string) (answer, error) {
	typ := r.PathValue("type")
	a, err := u.fetch(r.Context(), typ, r.PathValue("id"), version)
	switch {
	case err != nil:
		return answer{}, err
	case a.status != http.StatusOK:
		return answer{}, refused(a, g.reachesAll(typ))
	case !g.allows(a.resource):
		return answer{}, errNotFound
	}
	return a, nil
}

func (u *upstream) patient(ctx context.Context, id string) (resource, bool) {
	a, err := u.fetch(ctx, "Patient", id, "")
	return a.resource, err == nil && a.status == http.StatusOK
}

func (u *upstream) read(w http.ResponseWriter, r *http.Request, g grant) {
	a, err := u.reached(r, g, "")
	if err != nil {
		fail(w, err)
		return
	}
	u.respond(w, r.PathValue("type"), a)
}

// current makes sure that the last state of a resource is within the grant, before
// its earlier ones are looked at.
func (u *upstream) current(r *http.Request, g grant) error {
	if g.reachesAll(r.PathValue("type")) {
		return nil
	}
	_, err := u.reached(r, g, "")
	return err
}

func (u *upstream) readVersion(w http.ResponseWriter, r *http.Request, g grant) {
	err := u.current(r, g)
	var a answer
	if err == nil {
		a, err = u.reached(r, g, r.PathValue("version"))
	}
	if err != nil {
		fail(w, err)
		return
	}
	u.respond(w, r.PathValue("type"), a)
}
