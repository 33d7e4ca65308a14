package healthlake

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// noneExistHeader makes a create depend on a search (FHIR R4, "http", section 3.1.0.8.1).
const noneExistHeader = "If-None-Exist"

// noneExist looks for what a conditional create must not make again, and returns the
// version that matches of the one resource that does, or one without a resource. Its search is one of the token's own: it
// takes a scope that searches the type, and finds what that scope reaches. A resource out
// of reach does not stop the create, and so does not show.
//
// HealthLake's guide has no conditional create. It is served where the reading that is
// better for apps is asked for, and refused otherwise. Its caller holds m.conditional.
func (m *memory) noneExist(header http.Header, typ string, g grant) (version, error) {
	if !m.dialect.Lenient {
		return version{}, &refusal{http.StatusBadRequest, "not-supported", noneExistHeader + ": HealthLake's guide does not document conditional creates; search first, or use an idempotency key (" + idempotencyHeader + ")"}
	}
	asked, err := m.readCriteria(header.Values(noneExistHeader), typ)
	if err != nil {
		return version{}, err
	}
	reach, err := g.toSearch()
	if err != nil {
		return version{}, err
	}
	reach.lookUpPatient = g.lookUpPatient
	matches := slices.DeleteFunc(m.current(typ, reach), func(found listed) bool {
		return !reach.allows(found.resource) || !asked.matches(found.resource)
	})
	switch len(matches) {
	case 0:
		return version{}, nil
	case 1:
		return matches[0].version, nil
	default:
		return version{}, &refusal{http.StatusPreconditionFailed, "multiple-matches", noneExistHeader + ": more than one resource matches; narrow it down to one"}
	}
}

// readCriteria reads a search that finds resources by what they are: no paging, no order,
// no other form of the answer.
func (m *memory) readCriteria(values []string, typ string) (searchRequest, error) {
	if len(values) != 1 {
		return searchRequest{}, badParameter(noneExistHeader, "must be given once")
	}
	form, err := url.ParseQuery(strings.TrimPrefix(values[0], "?"))
	if err != nil || len(form) == 0 {
		return searchRequest{}, badParameter(noneExistHeader, "must be search parameters, such as identifier=http://example.org/ids|1")
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name == "page" || strings.HasPrefix(name, "_") && name != "_id" || slices.Contains(form[name], "") {
			return searchRequest{}, badParameter(noneExistHeader, "must be search parameters with values, and none that shape the answer; remove "+name)
		}
	}
	return m.readSearch(typ, form)
}
