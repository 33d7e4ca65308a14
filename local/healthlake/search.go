package healthlake

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

const defaultCount = 100

// searchParameters that the stand-in knows besides _count.
var searchParameters = []string{"_id", "patient", "subject", "category", "code"}

func (d *Datastore) read(w http.ResponseWriter, r *http.Request, g grant) {
	found, ok := d.config.Data.get(r.PathValue("type"), r.PathValue("id"))
	if !ok || !g.allows(found) { // the same answer: what one may not see does not exist
		refuse(w, http.StatusNotFound, "not-found", "no such resource")
		return
	}
	respond(w, http.StatusOK, found)
}

func (d *Datastore) search(w http.ResponseWriter, r *http.Request, g grant) {
	typ := r.PathValue("type")
	if !smart.IsResourceType(typ) {
		refuse(w, http.StatusNotFound, "not-found", "no FHIR R4 resource type: "+typ)
		return
	}
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "invalid", "malformed search parameters")
		return
	}
	count, problem := checkSearch(r.Form)
	if problem != "" {
		refuse(w, http.StatusBadRequest, "invalid", problem)
		return
	}
	var matches []resource
	for _, candidate := range d.config.Data.ofType(typ) {
		if g.allows(candidate) && candidate.matchesAll(r.Form) {
			matches = append(matches, candidate)
		}
	}
	respond(w, http.StatusOK, d.bundle(matches, count))
}

func checkSearch(form url.Values) (count int, problem string) {
	count = defaultCount
	for name, values := range form {
		if name == "_count" {
			n, err := strconv.Atoi(values[0])
			if err != nil || n < 0 {
				return 0, "_count: want a number"
			}
			count = min(n, defaultCount)
			continue
		}
		if !slices.Contains(searchParameters, name) {
			return 0, "the local cloud knows no search parameter " + strconv.Quote(name) + "; it knows _count, " + strings.Join(searchParameters, ", ")
		}
	}
	return count, ""
}

// bundle is a searchset with the first page.
func (d *Datastore) bundle(matches []resource, count int) resource {
	entries := []any{}
	for _, match := range matches[:min(count, len(matches))] {
		entries = append(entries, map[string]any{
			"fullUrl":  d.config.Endpoint + match.text("resourceType") + "/" + match.text("id"),
			"resource": match,
			"search":   map[string]any{"mode": "match"},
		})
	}
	return resource{"resourceType": "Bundle", "type": "searchset", "total": len(matches), "entry": entries}
}

func (r resource) matchesAll(form url.Values) bool {
	for name, values := range form {
		if name == "_count" {
			continue
		}
		for _, value := range values { // repeated: all of them
			if !r.matches(name, value) {
				return false
			}
		}
	}
	return true
}

// matches holds a resource against one search parameter, whose value may list
// alternatives. A parameter that is not known matches nothing.
func (r resource) matches(name, value string) bool {
	for alternative := range strings.SplitSeq(value, ",") {
		switch name {
		case "_id":
			if r.text("id") == alternative {
				return true
			}
		case "patient", "subject":
			if r.text("resourceType") != "Patient" && r.about(strings.TrimPrefix(alternative, "Patient/")) {
				return true
			}
		case "category", "code":
			if r.hasCoding(name, alternative) {
				return true
			}
		}
	}
	return false
}

// about reports whether a resource is in the compartment of a patient.
func (r resource) about(patient string) bool {
	if patient == "" {
		return false
	}
	if r.text("resourceType") == "Patient" {
		return r.text("id") == patient
	}
	for _, member := range []string{"subject", "patient"} {
		if reference, ok := r[member].(map[string]any); ok && reference["reference"] == "Patient/"+patient {
			return true
		}
	}
	return false
}

// hasCoding holds a CodeableConcept, or a list of them, against a token: a code, or
// a system, a bar and a code.
func (r resource) hasCoding(member, token string) bool {
	system, code, qualified := strings.Cut(token, "|")
	if !qualified {
		system, code = "", token
	}
	concepts, ok := r[member].([]any)
	if !ok {
		concepts = []any{r[member]}
	}
	for _, concept := range concepts {
		c, _ := concept.(map[string]any)
		codings, _ := c["coding"].([]any)
		for _, coding := range codings {
			entry, _ := coding.(map[string]any)
			if entry["code"] == code && (!qualified || entry["system"] == system) {
				return true
			}
		}
	}
	return false
}
