package fhirproxy

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Interaction is the FHIR interaction of a request. It does not name a resource, so a log
// may have it.
type Interaction struct {
	// Name is FHIR's code of the interaction, such as "read" or "search-type", or
	// "job-status" or "job-cancel" for the job of an operation of HealthLake.
	Name string
	// Type is the resource type that is asked for; empty for the whole datastore.
	Type string
	// Operation is the name of an operation, such as "$everything"; otherwise empty.
	Operation string
}

// Writes reports whether the interaction changes resources: an answer that gets lost
// does not undo it. An operation may or may not.
func (i Interaction) Writes() bool {
	switch i.Name {
	case "create", "update", "patch", "delete", "transaction":
		return true
	default:
		return false
	}
}

// route is a form of path with the interaction that each method is.
type route struct {
	path    string
	methods map[string]string
}

var (
	reading   = func(name string) map[string]string { return map[string]string{http.MethodGet: name} }
	searching = func(name string) map[string]string { return map[string]string{http.MethodPost: name} }
	operating = map[string]string{http.MethodGet: "operation", http.MethodPost: "operation"}
)

// routes are the interactions of FHIR R4 ("http", section 3.1.0; "operations"), with
// conditional ones and searches of a compartment, and the jobs that HealthLake documents:
// "export/<job>" ("Exporting with $export") and "$erase/<job>" ("$erase", "Job status").
// HEAD goes where GET goes.
var routes = []route{
	{"", map[string]string{http.MethodGet: "search-system", http.MethodPost: "transaction"}},
	{"metadata", reading("capabilities")},
	{"_history", reading("history-system")},
	{"_search", searching("search-system")},
	{"{operation}", operating},
	{"{operation}/{id}", reading("job-status")},
	{"export/{id}", map[string]string{http.MethodGet: "job-status", http.MethodDelete: "job-cancel"}},
	{"{type}", map[string]string{
		http.MethodGet: "search-type", http.MethodPost: "create",
		http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete",
	}},
	{"{type}/_history", reading("history-type")},
	{"{type}/_search", searching("search-type")},
	{"{type}/{operation}", operating},
	{"{type}/{id}", map[string]string{
		http.MethodGet: "read", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete",
	}},
	{"{type}/{id}/_history", reading("history-instance")},
	{"{type}/{id}/_history/{id}", reading("vread")},
	{"{type}/{id}/{operation}", operating},
	{"{type}/{id}/_history/{id}/{operation}", operating},
	{"{compartment}/{id}/_search", searching("search-compartment")},
	{"{compartment}/{id}/*", reading("search-compartment")},
	{"{compartment}/{id}/{type}", reading("search-compartment")},
	{"{compartment}/{id}/{type}/_search", searching("search-compartment")},
}

// compartments are those that FHIR R4 defines.
var compartments = []string{"Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"}

var (
	segmentPattern   = regexp.MustCompile(`^[A-Za-z0-9.$_*-]+$`)
	operationPattern = regexp.MustCompile(`^\$[A-Za-z][A-Za-z0-9.-]{0,63}$`)
	typePattern      = regexp.MustCompile(`^[A-Z][A-Za-z]{0,63}$`)
)

// Parse reads a request's method and its raw path below the base URL, such as
// "Patient/1": without a slash before or behind, empty for the base itself. The path
// reads the same raw and decoded, since what is percent-encoded is refused.
//
// An error is a [*Refusal]: 400 for a path that might mean another one elsewhere, 404 for
// one that FHIR R4 does not have, 405 for a method that does not go with the path.
func Parse(method, path string) (Interaction, error) {
	var segments []string
	if path != "" {
		segments = strings.Split(path, "/")
	}
	for _, segment := range segments {
		if !segmentPattern.MatchString(segment) || segment == "." || segment == ".." {
			return Interaction{}, &Refusal{Status: http.StatusBadRequest, Code: "invalid",
				Diagnostics: "the path: must be made of resource types, ids and FHIR's own names, with one slash between them and nothing percent-encoded"}
		}
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allowed []string
	for _, r := range routes {
		i, ok := r.match(segments)
		if !ok {
			continue
		}
		if i.Name, ok = r.methods[method]; ok {
			return i, nil
		}
		for name := range r.methods {
			allowed = append(allowed, name)
		}
	}
	if len(allowed) == 0 {
		return Interaction{}, unknownPath(segments)
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	list := strings.Join(slices.Compact(allowed), ", ")
	return Interaction{}, &Refusal{Status: http.StatusMethodNotAllowed, Code: "not-supported",
		Diagnostics: "the method: not allowed for this path; use " + list, header: "Allow", value: list}
}

// unknownPath names the resource type where it is to blame.
func unknownPath(segments []string) *Refusal {
	text := "the path: not a path of FHIR R4"
	if typ := segments[0]; typePattern.MatchString(typ) && !smart.IsResourceType(typ) {
		text = fmt.Sprintf("the path: %q is not a resource type of FHIR R4", typ)
	}
	return &Refusal{Status: http.StatusNotFound, Code: "not-found", Diagnostics: text}
}

// match reports whether a path has the form of the route, and what it names.
func (r route) match(segments []string) (i Interaction, ok bool) {
	if r.path == "" {
		return i, len(segments) == 0
	}
	wanted := strings.Split(r.path, "/")
	if len(wanted) != len(segments) {
		return i, false
	}
	for n, segment := range segments {
		switch wanted[n] {
		case "{type}":
			i.Type, ok = segment, smart.IsResourceType(segment)
		case "{compartment}":
			ok = slices.Contains(compartments, segment)
		case "{id}":
			ok = smart.ValidPatientID(segment) // the form of every id
		case "{operation}":
			i.Operation, ok = segment, operationPattern.MatchString(segment)
		default:
			ok = segment == wanted[n]
		}
		if !ok {
			return Interaction{}, false
		}
	}
	return i, true
}
