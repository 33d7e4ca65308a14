package healthlake

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// searchRequest is what a search for resources of a type was asked for.
type searchRequest struct {
	listingRequest
	typ         string
	compared    []fhirsearch.Criterion
	order       fhirsearch.Order
	subset      fhirsearch.Subset
	countOnly   bool
	includes    []include
	revincludes []include
}

// readSearch reads the parameters of a search. One that is not compared is refused: to
// leave it out would find more than was asked for.
func (m *memory) readSearch(typ string, form url.Values) (searchRequest, error) {
	listing, err := m.pages.parse(typ, form, nil)
	if err != nil {
		return searchRequest{}, err
	}
	s := searchRequest{listingRequest: listing, typ: typ}
	for _, name := range slices.Sorted(maps.Keys(listing.criteria)) { // so that the same request is refused for the same reason
		for _, value := range listing.criteria[name] {
			if err := s.read(m.dialect, name, value); err != nil {
				return searchRequest{}, searchRefusal(err)
			}
		}
	}
	slices.SortStableFunc(s.compared, func(a, b fhirsearch.Criterion) int { // what leaves few is compared first
		switch {
		case a.Narrow() == b.Narrow():
			return 0
		case a.Narrow():
			return -1
		default:
			return 1
		}
	})
	return s, s.checkTogether()
}

// onlyOnce are the parameters about the answer that may not be repeated.
var onlyOnce = []string{"_elements", "_sort", "_summary"}

func (s *searchRequest) read(dialect fhirsearch.Dialect, name, value string) error {
	if slices.Contains(onlyOnce, name) && len(s.criteria[name]) > 1 {
		return badParameter(name, "must be given once")
	}
	var err error
	switch base, _, modified := strings.Cut(name, ":"); {
	case name == "_sort":
		s.order, err = fhirsearch.ParseOrder(s.typ, value)
	case name == "_elements":
		s.subset, err = fhirsearch.ParseElements(value)
	case name == "_summary" && value == "count" && dialect.Lenient:
		s.countOnly = true
	case name == "_summary":
		s.subset, err = fhirsearch.ParseSummary(value)
	case modified && (base == "_include" || base == "_revinclude"):
		err = notSupported(name, "the local cloud follows references one step; remove the modifier")
	case name == "_include":
		err = s.include(value)
	case name == "_revinclude":
		err = s.revinclude(value)
	default:
		var criterion fhirsearch.Criterion
		criterion, err = dialect.Parse(s.typ, name, value)
		s.compared = append(s.compared, criterion)
	}
	return err
}

// checkTogether refuses what AWS says that HealthLake does not combine
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-fhir-search-parameters.html).
func (s *searchRequest) checkTogether() error {
	_, elements := s.criteria["_elements"]
	_, summary := s.criteria["_summary"]
	switch {
	case elements && summary:
		return notSupported("_elements", "HealthLake does not combine it with _summary; remove one of the two")
	case s.subset.Summary() == "text" && len(s.includes)+len(s.revincludes) > 0:
		return notSupported("_summary", `"text": HealthLake does not combine it with _include or _revinclude; remove one of the two`)
	default:
		return nil
	}
}

// searchRefusal is the answer to what package fhirsearch refuses.
func searchRefusal(err error) error {
	var refused *fhirsearch.Refusal
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.Unsupported:
		return &refusal{http.StatusBadRequest, "not-supported", refused.Text}
	default:
		return &refusal{http.StatusBadRequest, "invalid", refused.Text}
	}
}

func notSupported(name, text string) error {
	return &refusal{http.StatusBadRequest, "not-supported", name + ": " + text}
}

func (s *searchRequest) matches(found resource) bool {
	for _, criterion := range s.compared {
		if !criterion.Matches(found) {
			return false
		}
	}
	return true
}

// shown is how many of the matches were on the pages before.
func (s *searchRequest) shown(matches []match) int {
	if s.after == 0 {
		return 0
	}
	behind := slices.IndexFunc(matches, func(found match) bool {
		by := s.order.Compare(found.keys, s.keys)
		return by > 0 || by == 0 && found.sequence > s.after
	})
	if behind < 0 {
		return len(matches)
	}
	return behind
}

// subsetOfIncluded is the part of an included resource: _elements is about matches alone.
func (s *searchRequest) subsetOfIncluded() fhirsearch.Subset {
	if s.subset.Summary() == "" {
		return fhirsearch.Subset{}
	}
	return s.subset
}
