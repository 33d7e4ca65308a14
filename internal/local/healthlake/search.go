package healthlake

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// readForm reads the parameters of a search from the query and, of a POST, from the
// body, which must be a form.
func readForm(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodPost && r.ContentLength != 0 {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
			return nil, &refusal{http.StatusUnsupportedMediaType, "not-supported", "Content-Type: must be application/x-www-form-urlencoded"}
		}
	}
	err := r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "invalid", "malformed search parameters"}
	}
	return r.Form, nil
}

func (m *memory) search(w http.ResponseWriter, r *http.Request, g grant) {
	form, err := readForm(r)
	if err == nil {
		err = present(w, form)
	}
	var asked searchRequest
	if err == nil {
		asked, err = m.readSearch(r.PathValue("type"), form)
	}
	var bundle resource
	if err == nil {
		bundle, err = m.searchSet(m.find(g, asked), g, asked)
	}
	if err != nil {
		fail(w, err)
		return
	}
	respond(w, http.StatusOK, bundle)
}

// match is a resource that was found, and its place in the order of the answer.
type match struct {
	listed
	keys []fhirsearch.SortKey
}

// find returns what matches and is within the grant, in order: by the sort rules, and by
// creation where they say nothing. That a resource matches tells nothing where the grant
// does not reach it.
func (m *memory) find(g grant, asked searchRequest) []match {
	everything := g.reachesAll(asked.typ)
	candidates := m.current(asked.typ, g)
	matches := make([]match, 0, len(candidates))
	for _, found := range candidates {
		if asked.matches(found.resource) && (everything || g.allows(found.resource)) {
			matches = append(matches, match{found, asked.order.Keys(found.resource)})
		}
	}
	if len(asked.order) > 0 {
		slices.SortStableFunc(matches, func(a, b match) int { return asked.order.Compare(a.keys, b.keys) })
	}
	return matches
}

// searchSet is one page of what was found, with what is included.
func (m *memory) searchSet(matches []match, g grant, asked searchRequest) (resource, error) {
	bundle := resource{"resourceType": "Bundle", "type": "searchset"}
	if asked.total || asked.countOnly {
		bundle["total"] = len(matches)
	}
	links := []any{link("self", m.endpoint+asked.typ+"?"+asked.encode())}
	matches = matches[asked.shown(matches):]
	if asked.countOnly {
		matches = nil
	}
	if asked.count > 0 && len(matches) > asked.count {
		matches = matches[:asked.count]
		last := matches[asked.count-1]
		next, err := m.pages.nextLink(m.endpoint, asked.typ, page{Criteria: asked.encode(), After: last.sequence, Keys: last.keys})
		if err != nil {
			return nil, err
		}
		links = append(links, next)
	}
	matches = matches[:min(asked.count, len(matches))]
	included, err := m.included(matches, g, asked)
	if err != nil {
		return nil, err
	}
	entries := []any{}
	for _, found := range matches {
		entries = append(entries, m.entry(found.resource, asked.subset, "match"))
	}
	for _, found := range included {
		entries = append(entries, m.entry(found, asked.subsetOfIncluded(), "include"))
	}
	bundle["link"], bundle["entry"] = links, entries
	return bundle, nil
}

func (m *memory) entry(found resource, subset fhirsearch.Subset, mode string) map[string]any {
	return map[string]any{
		"fullUrl":  m.endpoint + found.typ() + "/" + found.id(),
		"resource": subset.Of(found),
		"search":   map[string]any{"mode": mode},
	}
}
