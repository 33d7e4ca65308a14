package healthlake

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func (u *upstream) history(w http.ResponseWriter, r *http.Request, g grant) {
	listing := r.PathValue("type") + "/" + r.PathValue("id") + "/_history"
	asked, err := u.pages.parse(listing, r.URL.Query(), []string{"_since"})
	if err == nil {
		err = u.current(r, g)
	}
	if err != nil {
		fail(w, err)
		return
	}
	u.list(w, r, g, listing, asked)
}

func (u *upstream) search(w http.ResponseWriter, r *http.Request, g grant) {
	typ := r.PathValue("type")
	form, err := readForm(r)
	if err == nil {
		err = present(w, form)
	}
	var asked listingRequest
	if err == nil {
		asked, err = u.pages.parse(typ, form, nil)
	}
	if err == nil {
		err = checkForwarded(asked.criteria)
	}
	if err != nil {
		fail(w, err)
		return
	}
	asked.makeRelative(u.bases)
	if asked.upstream == "" && g.onlyPatient() {
		if name, value := patientCriterion(typ, g.patient); name != "" {
			asked.criteria.Add(name, value)
		}
	}
	u.list(w, r, g, typ, asked)
}

// checkForwarded refuses parameters that find or bring what the scopes were not
// held against: other types' resources, parts of resources, other formats.
func checkForwarded(criteria url.Values) error {
	known := []string{"_id", "_lastUpdated", "_profile", "_security", "_sort", "_source", "_tag"}
	for _, name := range slices.Sorted(maps.Keys(criteria)) {
		values := criteria[name]
		base, _, _ := strings.Cut(name, ":")
		if strings.HasPrefix(name, "_") && !slices.Contains(known, base) || strings.Contains(name, ".") ||
			name == "_sort" && strings.Contains(strings.Join(values, ","), ".") {
			return &refusal{http.StatusBadRequest, "not-supported", "the local cloud passes no search parameter " + strconv.Quote(name) +
				" on: no chains, and of those with _ only _count, _total, page, " + strings.Join(known, ", ")}
		}
	}
	return nil
}

// patientCriterion is a search parameter that finds exactly the resources of a type
// that are in a patient's compartment, so that pages are not full of what is taken out
// afterwards. Empty where that takes more than one.
func patientCriterion(typ, patient string) (name, value string) {
	if typ == "Patient" {
		return "_id", patient
	}
	for name := range strings.FieldsSeq(compartmentDefinition[typ]) {
		if slices.EqualFunc(inOrder(comparedElements(typ, name)), compartmentElements()[typ], samePath) {
			return name, "Patient/" + patient
		}
	}
	return "", ""
}

// list asks for a page and leaves in it what the grant reaches.
func (u *upstream) list(w http.ResponseWriter, r *http.Request, g grant, listing string, asked listingRequest) {
	typ := r.PathValue("type")
	q := question{interaction: "search-type", method: http.MethodGet, path: listing, query: asked.encode()}
	if listing != typ {
		q.interaction = "history-instance"
	}
	var a answer
	var err error
	if asked.upstream == "" {
		a, err = u.send(r.Context(), q)
	} else {
		a, err = u.turn(r.Context(), asked.upstream)
	}
	switch {
	case err != nil:
	case a.status != http.StatusOK:
		err = refused(a, g.reachesAll(typ))
	case a.resource.typ() != "Bundle":
		err = badGateway("expected a Bundle; it answered with %q", a.resource.typ())
	}
	var bundle resource
	if err == nil {
		bundle, err = u.withinGrant(g, typ, listing, asked, a.resource)
	}
	if err != nil {
		fail(w, err)
		return
	}
	respond(w, http.StatusOK, bundle)
}

// withinGrant makes a Bundle anew of the entries that the grant reaches, with links
// to the datastore. The total is told only to who may see everything.
func (u *upstream) withinGrant(g grant, typ, listing string, asked listingRequest, got resource) (resource, error) {
	everything := g.reachesAll(typ)
	name, history := strings.CutSuffix(listing, "/_history")
	bundle := resource{"resourceType": "Bundle", "type": "searchset"}
	if history {
		bundle["type"] = "history"
	}
	if got.text("type") != bundle.text("type") {
		return nil, badGateway("expected a Bundle of type %s; it answered with %q", bundle["type"], got.text("type"))
	}
	if total, ok := got["total"].(json.Number); ok && everything && asked.total {
		bundle["total"] = total
	}
	links := []any{link("self", u.endpoint+listing)}
	if next := nextOf(got); next != "" {
		to, err := u.page(next)
		if err != nil {
			return nil, err
		}
		own, err := u.pages.nextLink(u.endpoint, listing, page{Criteria: asked.encode(), Upstream: to.String()})
		if err != nil {
			return nil, err
		}
		links = append(links, own)
	}
	entries := []any{}
	for _, value := range got.at("entry") {
		entry, _ := value.(map[string]any)
		content, ok := entry["resource"].(map[string]any)
		shown := resource(content)
		switch {
		case ok && !g.allows(shown), history && ok && shown.typ()+"/"+shown.id() != name:
		case history && (ok || everything && entry != nil):
			entries = append(entries, u.entryOfHistory(name, shown, entry))
		case ok:
			entries = append(entries, u.entryOfSearch(shown, entry))
		}
	}
	bundle["link"], bundle["entry"] = links, entries
	return bundle, nil
}

func nextOf(bundle resource) string {
	for _, value := range bundle.at("link") {
		if link, _ := value.(map[string]any); link["relation"] == "next" {
			next, _ := link["url"].(string)
			return next
		}
	}
	return ""
}
