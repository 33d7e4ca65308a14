package healthlake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// A Bundle of requests (FHIR R4, "http", section 3.1.0.11, and
// https://docs.aws.amazon.com/healthlake/latest/devguide/managing-fhir-resources-bundle.html)
// is judged twice. The validator is asked once, about the HTTP request, by the name of its
// IAM action. Each entry is then held against the scopes and the role as if it had been
// sent on its own: it reaches what that request would reach, and nothing else. How often
// HealthLake asks, and how it holds entries against scopes, is unverified on AWS.

// processBundle is HealthLake's name for the interaction.
const processBundle = "ProcessBundle"

// maxEntries is how many resources a Bundle may hold
// (https://docs.aws.amazon.com/general/latest/gr/healthlake.html, "Number of resources per Bundle").
const maxEntries = 160

// errTooMuchRead bounds the answer to a Bundle. Writes answer with little, and are served.
var errTooMuchRead = &refusal{http.StatusRequestEntityTooLarge, "too-costly", "the answers to the entries before are larger than " + strconv.Itoa(maxBody>>20) + " MiB; read less at once"}

// refusedOfBundles are headers of one request that nothing says the meaning of for many.
var refusedOfBundles = []string{"If-Match", "If-None-Match", noneExistHeader, "If-Unmodified-Since", "X-Provenance", idempotencyHeader}

// serveBundle serves a batch or a transaction within what the validator grants the token.
func (d *Datastore) serveBundle(w http.ResponseWriter, r *http.Request, answer validator.Answer) {
	bundle, err := d.openBundle(r, answer)
	if err != nil {
		fail(w, err)
		return
	}
	entries := make([]*bundleEntry, len(bundle.at("entry")))
	for n, value := range bundle.at("entry") {
		entries[n] = d.readEntry(r.Context(), answer, n, value)
	}
	typ := bundle.text("type")
	if typ == "transaction" {
		err = d.transact(r.Context(), entries)
	} else {
		d.serveEach(r.Context(), entries)
	}
	if err != nil {
		fail(w, err)
		return
	}
	responses := make([]any, len(entries))
	for n, e := range entries {
		responses[n] = e.answered.response(e.method)
	}
	respond(w, http.StatusOK, resource{"resourceType": "Bundle", "type": typ + "-response", "entry": responses})
}

// openBundle reads a Bundle of requests whose token may send one at all.
func (d *Datastore) openBundle(r *http.Request, answer validator.Answer) (resource, error) {
	if err := checkAnswer(answer, d.config.Endpoint, time.Now()); err != nil {
		return nil, err
	}
	if !d.config.Lenient {
		if err := d.authorize(answer.IAMRoleARN, "healthlake:"+processBundle, d.config.ARN); err != nil {
			return nil, brokenStack(err.Error() + "; it is not documented how HealthLake holds a Bundle's entries against scopes, so Smartlake's roles have no right for it: send the requests one by one")
		}
	}
	for _, name := range refusedOfBundles {
		if len(r.Header.Values(name)) > 0 {
			return nil, &refusal{http.StatusBadRequest, "not-supported", name + ": not supported for a Bundle; use the member of the entry's request, if it has one"}
		}
	}
	bundle, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if got := bundle.typ(); got != "Bundle" {
		return nil, &refusal{http.StatusBadRequest, "invalid", "resourceType: must be Bundle at the base URL; got " + strconv.Quote(got)}
	}
	if got := bundle.text("type"); got != "batch" && got != "transaction" {
		return nil, &refusal{http.StatusBadRequest, "invalid", "type: must be batch or transaction; got " + strconv.Quote(got) + "; to store a Bundle, create it below Bundle"}
	}
	if _, isList := bundle["entry"].([]any); !isList && bundle["entry"] != nil {
		return nil, &refusal{http.StatusBadRequest, "structure", "entry: must be a list"}
	}
	if n := len(bundle.at("entry")); n > maxEntries {
		return nil, &refusal{http.StatusBadRequest, "too-costly", fmt.Sprintf("entry: must be at most %d entries; got %d", maxEntries, n)}
	}
	return bundle, nil
}

// serveEach serves the entries of a batch, each on its own.
func (d *Datastore) serveEach(ctx context.Context, entries []*bundleEntry) {
	names := map[string]bool{}
	for _, e := range entries {
		names[e.fullURL] = e.fullURL != ""
	}
	size := 0
	for _, e := range entries {
		if e.err == nil && refersTo(e.resource, names) {
			e.err = &refusal{http.StatusBadRequest, "invalid", "resource: refers to another entry of the Bundle, which a batch does not resolve; use a transaction"}
		}
		if e.err == nil && e.method == http.MethodGet && size > maxBody {
			e.err = errTooMuchRead
		}
		e.serve(ctx, d.resources)
		size += e.answered.body.Len()
	}
}

// answered is the answer to an entry, as a request on its own would get it.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header { return a.header }

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answered) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(text)
}

// refuse takes a refusal in the place of what was answered.
func (a *answered) refuse(err error) {
	*a = answered{header: http.Header{}}
	fail(a, err)
}

// response is the entry of the Bundle that answers: the resource of a read, how a write
// went, the outcome of what was refused.
func (a *answered) response(method string) map[string]any {
	response := map[string]any{"status": fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))}
	for member, name := range map[string]string{"location": "Location", "etag": "ETag"} {
		if value := a.header.Get(name); value != "" {
			response[member] = value
		}
	}
	if at, err := http.ParseTime(a.header.Get("Last-Modified")); err == nil {
		response["lastModified"] = instant(at)
	}
	entry := map[string]any{"response": response}
	switch {
	case a.body.Len() == 0:
	case a.status >= http.StatusBadRequest:
		response["outcome"] = json.RawMessage(a.body.Bytes())
	case method == http.MethodGet:
		entry["resource"] = json.RawMessage(a.body.Bytes())
	}
	return entry
}

// at names an entry in front of what is wrong with it.
func (e *bundleEntry) at(err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	return &refusal{r.status, r.code, fmt.Sprintf("entry[%d]: %s", e.number, r.text)}
}

// refersTo reports whether a resource refers to one of some names.
func refersTo(r resource, names map[string]bool) bool {
	found := false
	mapTexts(map[string]any(r), "", func(member, text string) string {
		found = found || slices.Contains(linking, member) && names[text]
		return text
	})
	return found
}
