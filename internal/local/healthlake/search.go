package healthlake

import (
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxCount is HealthLake's page size, as a default and at most.
const maxCount = 100

// listingRequest is what a search or a history was asked for.
type listingRequest struct {
	criteria url.Values // without _count and _total
	count    int        // entries on a page; 0 for the total alone
	total    bool
	after    int    // goes on behind this; 0 from the start
	upstream string // the page's URL at the FHIR server behind
}

// encode writes the criteria down for the next page.
func (l listingRequest) encode() string {
	form := maps.Clone(l.criteria)
	form.Set("_count", strconv.Itoa(l.count))
	if !l.total {
		form.Set("_total", "none")
	}
	return form.Encode()
}

// parse reads the parameters of a listing, those of a page from its token. A
// parameter that is not among the known ones is refused: to leave it out would find
// more than was asked for.
func (p pages) parse(listing string, form url.Values, known []string) (listingRequest, error) {
	var from page
	if tokens, ok := form["page"]; ok {
		if len(form) != 1 || len(tokens) != 1 {
			return listingRequest{}, badParameter("page", "must be given once, without other parameters")
		}
		var err error
		if from, err = p.open(listing, tokens[0]); err != nil {
			return listingRequest{}, err
		}
		if form, err = url.ParseQuery(from.Criteria); err != nil {
			return listingRequest{}, err
		}
	}
	asked := listingRequest{criteria: url.Values{}, count: maxCount, total: true, after: from.After, upstream: from.Upstream}
	for _, name := range slices.Sorted(maps.Keys(form)) { // so that the same request is refused for the same reason
		values := form[name]
		switch {
		case name == "_count":
			n, err := strconv.Atoi(values[0])
			if err != nil || n < 0 || len(values) > 1 {
				return listingRequest{}, badParameter(name, "must be one number, 0 or more; got "+strconv.Quote(values[0]))
			}
			asked.count = min(n, maxCount)
		case name == "_total":
			if !slices.Contains([]string{"none", "estimate", "accurate"}, values[0]) || len(values) > 1 {
				return listingRequest{}, badParameter(name, "must be none, estimate or accurate; got "+strconv.Quote(values[0]))
			}
			asked.total = values[0] != "none"
		case known != nil && !slices.Contains(known, name):
			return listingRequest{}, &refusal{http.StatusBadRequest, "not-supported", "the local cloud knows no search parameter " +
				strconv.Quote(name) + " here; it knows _count, _total, page, " + strings.Join(known, ", ")}
		default:
			asked.criteria[name] = values
		}
	}
	return asked, nil
}

// makeRelative makes references to resources of the datastore relative.
func (l listingRequest) makeRelative(endpoint string) {
	for _, values := range l.criteria {
		for i := range values {
			values[i] = relativeAlternatives(values[i], endpoint)
		}
	}
}

func badParameter(name, want string) error {
	return &refusal{http.StatusBadRequest, "invalid", name + ": " + want}
}

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
	typ := r.PathValue("type")
	form, err := readForm(r)
	if err != nil {
		fail(w, err)
		return
	}
	asked, err := m.pages.parse(typ, form, searchable(typ))
	if err != nil {
		fail(w, err)
		return
	}
	asked.makeRelative(m.endpoint)
	matches := slices.DeleteFunc(m.current(typ, 0), func(found listed) bool {
		return !g.allows(found.resource) || !found.resource.matchesAll(asked.criteria)
	})
	bundle, err := m.searchSet(typ, matches, asked)
	if err != nil {
		fail(w, err)
		return
	}
	respond(w, http.StatusOK, bundle)
}

// searchSet is one page of what was found.
func (m *memory) searchSet(typ string, matches []listed, asked listingRequest) (resource, error) {
	bundle := resource{"resourceType": "Bundle", "type": "searchset"}
	if asked.total {
		bundle["total"] = len(matches)
	}
	links := []any{link("self", m.endpoint+typ+"?"+asked.encode())}
	matches = slices.DeleteFunc(matches, func(found listed) bool { return found.sequence <= asked.after })
	if asked.count > 0 && len(matches) > asked.count {
		matches = matches[:asked.count]
		next, err := m.pages.nextLink(m.endpoint, typ, page{Criteria: asked.encode(), After: matches[asked.count-1].sequence})
		if err != nil {
			return nil, err
		}
		links = append(links, next)
	}
	entries := []any{}
	for _, match := range matches[:min(asked.count, len(matches))] {
		entries = append(entries, map[string]any{
			"fullUrl":  m.endpoint + typ + "/" + match.resource.id(),
			"resource": match.resource,
			"search":   map[string]any{"mode": "match"},
		})
	}
	bundle["link"], bundle["entry"] = links, entries
	return bundle, nil
}

func (r resource) matchesAll(criteria url.Values) bool {
	for name, values := range criteria {
		for _, value := range values { // repeated: all of them
			if !r.matches(name, value) {
				return false
			}
		}
	}
	return true
}
