package healthlake

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
)

// An entry of a Bundle has members beside its resource, in which a server may tell
// anything: an outcome, an extension, the search that an entry was made by. The grant
// covers resources alone. So an entry is made anew of the resource that was looked at
// and of what is known to tell nothing else; all other members are left out.

// entryOfSearch makes the entry of a resource that the grant reaches.
func (u *upstream) entryOfSearch(content resource, got map[string]any) map[string]any {
	entry := u.entry(content)
	search := map[string]any{}
	told, _ := got["search"].(map[string]any)
	if mode, _ := told["mode"].(string); mode == "match" || mode == "include" {
		search["mode"] = mode
	}
	if score, ok := told["score"].(json.Number); ok {
		search["score"] = score
	}
	if len(search) > 0 {
		entry["search"] = search
	}
	return entry
}

// entryOfHistory makes the entry of a version of the resource by a name such as
// "Patient/1"; content is nil where it was deleted.
func (u *upstream) entryOfHistory(name string, content resource, got map[string]any) map[string]any {
	entry := u.entry(content)
	entry["fullUrl"] = u.endpoint + name
	told, _ := got["request"].(map[string]any)
	if method, _ := told["method"].(string); slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method) {
		entry["request"] = map[string]any{"method": method, "url": name}
	}
	if response := responseOf(got); len(response) > 0 {
		entry["response"] = response
	}
	return entry
}

func (u *upstream) entry(content resource) map[string]any {
	entry := map[string]any{}
	if content != nil {
		entry["resource"] = content
	}
	if content != nil && validID(content.id()) {
		entry["fullUrl"] = u.endpoint + content.typ() + "/" + content.id()
	}
	return entry
}

var (
	statusPattern  = regexp.MustCompile(`^[1-5][0-9]{2}\b`)
	versionPattern = regexp.MustCompile(`^(?:W/)?"[A-Za-z0-9.-]{1,64}"$`)
)

// responseOf are the status, the ETag and the time of a version. The words behind the
// status, the location and the outcome are left out.
func responseOf(got map[string]any) map[string]any {
	response := map[string]any{}
	told, _ := got["response"].(map[string]any)
	status, _ := told["status"].(string)
	if code := statusPattern.FindString(status); code != "" {
		response["status"] = code
	}
	if tag, _ := told["etag"].(string); versionPattern.MatchString(tag) {
		response["etag"] = tag
	}
	at, _ := told["lastModified"].(string)
	if _, err := time.Parse(time.RFC3339, at); err == nil {
		response["lastModified"] = at
	}
	return response
}

// location is that of a resource that was written, at the datastore; empty if it is
// none of a resource of the type.
func (u *upstream) location(typ, got string) string {
	i, err := fhirproxy.Parse(http.MethodGet, strings.TrimPrefix(got, u.endpoint))
	if err != nil || i.Type != typ || i.Name != "read" && i.Name != "vread" {
		return ""
	}
	return got
}
