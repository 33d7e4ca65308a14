package healthlake

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// history lists the versions of a resource that are within the grant, the newest
// first, with _count, _since and paging.
func (m *memory) history(w http.ResponseWriter, r *http.Request, g grant) {
	versions, err := m.visible(r, g)
	if err != nil {
		fail(w, err)
		return
	}
	listing := r.PathValue("type") + "/" + r.PathValue("id") + "/_history"
	asked, err := m.pages.parse(listing, r.URL.Query(), []string{"_since"})
	if err != nil {
		fail(w, err)
		return
	}
	since, err := parseSince(asked.criteria)
	if err != nil {
		fail(w, err)
		return
	}
	var reached []version
	for i, v := range slices.Backward(versions) {
		if !v.at.Before(since) && g.allows(lastLiving(versions[:i+1])) {
			reached = append(reached, v)
		}
	}
	total := len(reached)
	if asked.after > 0 {
		reached = slices.DeleteFunc(reached, func(v version) bool { return v.number >= asked.after })
	}
	bundle := resource{"resourceType": "Bundle", "type": "history", "total": total}
	links := []any{link("self", m.endpoint+listing)}
	if asked.count > 0 && len(reached) > asked.count {
		reached = reached[:asked.count]
		next, err := m.pages.nextLink(m.endpoint, listing, page{Criteria: asked.encode(), After: reached[len(reached)-1].number})
		if err != nil {
			fail(w, err)
			return
		}
		links = append(links, next)
	}
	bundle["link"], bundle["entry"] = links, m.historyEntries(listing, reached[:min(asked.count, len(reached))])
	respond(w, http.StatusOK, bundle)
}

func (m *memory) historyEntries(listing string, versions []version) []any {
	name := listing[:len(listing)-len("/_history")]
	statuses := map[string]string{http.MethodPost: "201", http.MethodPut: "200", http.MethodDelete: "204"}
	entries := []any{}
	for _, v := range versions {
		entry := map[string]any{
			"fullUrl": m.endpoint + name,
			"request": map[string]any{"method": v.method, "url": name},
			"response": map[string]any{
				"status": statuses[v.method], "etag": eTag(v.number), "lastModified": instant(v.at),
			},
		}
		if v.resource != nil {
			entry["resource"] = v.resource
		}
		entries = append(entries, entry)
	}
	return entries
}

func parseSince(criteria url.Values) (time.Time, error) {
	values := criteria["_since"]
	if len(values) == 0 {
		return time.Time{}, nil
	}
	since, err := time.Parse(time.RFC3339, values[0])
	if err != nil || len(values) > 1 {
		return time.Time{}, badParameter("_since", "must be one instant, such as 2026-01-31T09:30:00Z; got "+strconv.Quote(values[0]))
	}
	return since, nil
}
