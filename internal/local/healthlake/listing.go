package healthlake

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// maxCount is HealthLake's page size, as a default and at most.
const maxCount = 100

// listingRequest is what a search or a history was asked for.
type listingRequest struct {
	criteria url.Values // without _count, _total and those of the answer's format
	count    int        // entries on a page; 0 for the total alone
	total    bool
	after    int                  // goes on behind this; 0 from the start
	keys     []fhirsearch.SortKey // by which what is behind is known, where it is sorted
	upstream string               // the page's URL at the FHIR server behind
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

// parse reads the parameters of a listing, those of a page from its token. A parameter
// that is not among the known ones, if there are any, is refused.
func (p pages) parse(listing string, form url.Values, known []string) (listingRequest, error) {
	form, from, err := p.resume(listing, form)
	if err != nil {
		return listingRequest{}, err
	}
	asked := listingRequest{
		criteria: url.Values{}, count: maxCount, total: true, after: from.After, keys: from.Keys, upstream: from.Upstream,
	}
	for _, name := range slices.Sorted(maps.Keys(form)) { // so that the same request is refused for the same reason
		values := form[name]
		switch {
		case name == "_count":
			if asked.count, err = p.readCount(values); err != nil {
				return listingRequest{}, err
			}
		case name == "_total":
			if asked.total, err = p.readTotal(values); err != nil {
				return listingRequest{}, err
			}
		case slices.Contains(formatParameters, name): // present reads them
		case known != nil && !slices.Contains(known, name):
			return listingRequest{}, &refusal{http.StatusBadRequest, "not-supported", "the local cloud knows no parameter " +
				strconv.Quote(name) + " here; it knows _count, _total, page, " + strings.Join(known, ", ")}
		default:
			asked.criteria[name] = values
		}
	}
	return asked, nil
}

// resume returns the parameters that a page's token holds, if there is one.
func (p pages) resume(listing string, form url.Values) (url.Values, page, error) {
	tokens, ok := form["page"]
	if !ok {
		return form, page{}, nil
	}
	for name := range form {
		if len(tokens) != 1 || name != "page" && !slices.Contains(formatParameters, name) {
			return nil, page{}, badParameter("page", "must be given once, without other parameters")
		}
	}
	from, err := p.open(listing, tokens[0])
	if err != nil {
		return nil, page{}, err
	}
	form, err = url.ParseQuery(from.Criteria)
	return form, from, err
}

// readCount reads _count, of which AWS says what HealthLake takes.
func (p pages) readCount(values []string) (int, error) {
	n, err := strconv.Atoi(values[0])
	switch {
	case err != nil || n < 0 || len(values) > 1:
		return 0, badParameter("_count", "must be one number, 1 to "+strconv.Itoa(maxCount)+"; got "+strconv.Quote(values[0]))
	case (n == 0 || n > maxCount) && !p.lenient:
		return 0, notSupported("_count", values[0]+": HealthLake does not support it; must be 1 to "+strconv.Itoa(maxCount))
	default:
		return min(n, maxCount), nil
	}
}

// readTotal reads _total, of which AWS says what HealthLake takes.
func (p pages) readTotal(values []string) (bool, error) {
	switch {
	case len(values) > 1 || !slices.Contains([]string{"none", "estimate", "accurate"}, values[0]):
		return false, badParameter("_total", "must be none or accurate; got "+strconv.Quote(values[0]))
	case values[0] == "estimate" && !p.lenient:
		return false, notSupported("_total", "estimate: HealthLake does not support it; must be none or accurate")
	default:
		return values[0] != "none", nil
	}
}

// makeRelative makes references to resources of the datastore relative.
func (l listingRequest) makeRelative(bases []string) {
	for _, values := range l.criteria {
		for i := range values {
			values[i] = relativeAlternatives(values[i], bases)
		}
	}
}

// relativeAlternatives makes those of a parameter's alternatives relative that are
// URLs below a base: resources hold relative references.
func relativeAlternatives(value string, bases []string) string {
	alternatives := strings.Split(value, ",")
	for i := range alternatives {
		for _, base := range bases {
			alternatives[i] = strings.TrimPrefix(alternatives[i], base)
		}
	}
	return strings.Join(alternatives, ",")
}

func badParameter(name, want string) error {
	return &refusal{http.StatusBadRequest, "invalid", name + ": " + want}
}
