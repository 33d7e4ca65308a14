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
)

// upstream is the repository of a FHIR R4 server behind the datastore. Requests to
// it are made anew, with nothing of the caller's but what is named here, and its
// answers are read whole: nothing reaches the caller that was not looked at. That
// is why this is no httputil.ReverseProxy, which passes on what it is not told to
// take out.
type upstream struct {
	endpoint string
	pages    pages
	base     *url.URL // with a slash at its end
	client   *http.Client
}

// answer is what the server behind sent.
type answer struct {
	status   int
	header   http.Header
	resource resource // as it was sent; nil: there was no body
}

func newUpstream(endpoint string, pages pages, text string) (*upstream, error) {
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" ||
		base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		quoted := "" // where secrets may stand
		if err == nil && base.User == nil && base.RawQuery == "" && base.Fragment == "" {
			quoted = fmt.Sprintf("%q: ", text)
		}
		return nil, fmt.Errorf("the FHIR server behind: %swant the base URL of a FHIR R4 server, such as http://127.0.0.1:8080/fhir, without credentials, query and fragment", quoted)
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

// send asks the server behind. Its path is below the base, or a whole URL that
// came from a next link.
func (u *upstream) send(ctx context.Context, method, path string, body resource, header http.Header) (answer, error) {
	to, err := u.base.Parse(path)
	if err != nil || !u.holds(to) {
		return answer{}, badGateway("%q is not below FHIRURL", path)
	}
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, to.String(), content) //nolint:gosec // below the base, which was checked
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", "application/fhir+json")
	if body != nil {
		request.Header.Set("Content-Type", "application/fhir+json")
	}
	response, err := u.client.Do(request) //nolint:gosec // the server that this package was told to serve
	if err != nil {
		return answer{}, badGateway("%v", err)
	}
	defer func() { _ = response.Body.Close() }()
	return readAnswer(response)
}

// holds reports whether a URL is below the base.
func (u *upstream) holds(to *url.URL) bool {
	return to.Scheme == u.base.Scheme && to.Host == u.base.Host && to.User == nil &&
		strings.HasPrefix(strings.TrimSuffix(to.Path, "/")+"/", u.base.Path) && !strings.Contains(to.Path, "/../")
}

func readAnswer(response *http.Response) (answer, error) {
	a := answer{status: response.StatusCode, header: response.Header}
	switch a.status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusNotFound, http.StatusGone,
		http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity:
	default:
		return answer{}, badGateway("it answered with status %d", a.status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return answer{}, badGateway("its answer did not arrive whole")
	case len(body) > maxBody:
		return answer{}, badGateway("its answer is larger than %d MiB: ask for less, with _count", maxBody>>20)
	case len(body) == 0:
		return a, nil
	}
	if a.resource, err = parseResource(body); err != nil && a.status < 300 {
		return answer{}, badGateway("its answer: %v", err)
	}
	return a, nil
}

// localized is a resource of the server behind, its URLs the datastore's.
func (u *upstream) localized(r resource) resource {
	if r == nil {
		return nil
	}
	base := u.base.String()
	return resource(rebased(relativeReferences(map[string]any(r), base), base, u.endpoint).(map[string]any))
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
	respond(w, a.status, u.localized(a.resource))
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

// fetch reads one resource, whoever asks, and makes sure that it is the one.
func (u *upstream) fetch(ctx context.Context, typ, id, path string) (answer, error) {
	if !validID(id) {
		return answer{}, errNotFound
	}
	a, err := u.send(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return answer{}, err
	}
	if a.status == http.StatusOK && (a.resource.typ() != typ || a.resource.id() != id) {
		return answer{}, badGateway("it answered with %s/%s for %s/%s", a.resource.typ(), a.resource.id(), typ, id)
	}
	return a, nil
}

// reached reads one resource within the grant.
func (u *upstream) reached(r *http.Request, g grant, path string) (answer, error) {
	typ := r.PathValue("type")
	a, err := u.fetch(r.Context(), typ, r.PathValue("id"), path)
	switch {
	case err != nil:
		return answer{}, err
	case a.status != http.StatusOK:
		return answer{}, refused(a, g.reachesAll(typ))
	case !g.allows(u.localized(a.resource)):
		return answer{}, errNotFound
	}
	return a, nil
}

func (u *upstream) patient(ctx context.Context, id string) (resource, bool) {
	a, err := u.fetch(ctx, "Patient", id, "Patient/"+id)
	return u.localized(a.resource), err == nil && a.status == http.StatusOK
}

func (u *upstream) read(w http.ResponseWriter, r *http.Request, g grant) {
	a, err := u.reached(r, g, r.PathValue("type")+"/"+r.PathValue("id"))
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
	_, err := u.reached(r, g, r.PathValue("type")+"/"+r.PathValue("id"))
	return err
}

func (u *upstream) readVersion(w http.ResponseWriter, r *http.Request, g grant) {
	if !validID(r.PathValue("version")) {
		fail(w, errNotFound)
		return
	}
	err := u.current(r, g)
	var a answer
	if err == nil {
		a, err = u.reached(r, g, r.PathValue("type")+"/"+r.PathValue("id")+"/_history/"+r.PathValue("version"))
	}
	if err != nil {
		fail(w, err)
		return
	}
	u.respond(w, r.PathValue("type"), a)
}
