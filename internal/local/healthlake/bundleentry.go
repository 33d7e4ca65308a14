package healthlake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// bundleEntry is one request of a Bundle.
type bundleEntry struct {
	number      int // from 0
	fullURL     string
	method, url string
	typ, id     string // of the URL; of a create in a transaction the id that it will have
	version     string // of the URL
	header      http.Header
	resource    resource // nil for none
	interaction interaction
	grant       grant
	err         error // why it is refused, whatever there is
	answered    answered
}

// entryConditions are the members of Bundle.entry.request that are headers of a request
// on its own.
var entryConditions = map[string]string{
	"ifMatch": "If-Match", "ifNoneMatch": "If-None-Match", "ifNoneExist": noneExistHeader, "ifModifiedSince": "If-Modified-Since",
}

// readEntry reads an entry and holds it against the scopes and the role.
func (d *Datastore) readEntry(ctx context.Context, answer validator.Answer, number int, value any) *bundleEntry {
	e := &bundleEntry{number: number, header: http.Header{}, answered: answered{header: http.Header{}}}
	entry, ok := value.(map[string]any)
	if !ok {
		e.err = &refusal{http.StatusBadRequest, "structure", "must be an object"}
		return e
	}
	if e.fullURL, ok = entry["fullUrl"].(string); ok && !strings.Contains(e.fullURL, ":") {
		e.err = &refusal{http.StatusBadRequest, "value", fmt.Sprintf("fullUrl: %q: must be an absolute URI, such as urn:uuid:…", e.fullURL)}
		return e
	}
	if content, ok := entry["resource"].(map[string]any); ok {
		e.resource = content
	}
	if e.err = e.readRequest(entry["request"], d.config.dialect().Bases); e.err == nil {
		e.err = e.readPath(d.config.Lenient)
	}
	if e.err == nil {
		e.grant, e.err = d.admit(ctx, answer, e.interaction, e.typ)
	}
	return e
}

// readRequest reads Bundle.entry.request. A member that is not known may mean what is not
// done, so it is refused.
func (e *bundleEntry) readRequest(value any, bases []string) error {
	request, ok := value.(map[string]any)
	if !ok {
		return &refusal{http.StatusBadRequest, "required", "request: missing; add method and url"}
	}
	for _, member := range slices.Sorted(maps.Keys(request)) {
		text, isText := request[member].(string)
		switch header, known := entryConditions[member]; {
		case !isText || text == "":
			return &refusal{http.StatusBadRequest, "structure", "request." + member + ": must be a text"}
		case member == "method":
			e.method = text
		case member == "url":
			e.url = text
			for _, base := range bases {
				e.url = strings.TrimPrefix(e.url, base)
			}
		case known:
			e.header.Set(header, text)
		default:
			return &refusal{http.StatusBadRequest, "not-supported", "request." + member + ": not supported; remove it"}
		}
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch}, e.method) {
		return &refusal{http.StatusBadRequest, "value", fmt.Sprintf("request.method: %q: must be GET, POST, PUT, DELETE or PATCH", e.method)}
	}
	if (e.method == http.MethodPost || e.method == http.MethodPut) && e.resource == nil {
		return &refusal{http.StatusBadRequest, "required", "resource: missing; add what " + e.method + " writes"}
	}
	return nil
}

// readPath says which interaction the URL is, by FHIR's grammar of paths. Of them a Bundle
// holds those with one resource; a search besides, if it is lenient.
func (e *bundleEntry) readPath(lenient bool) error {
	path, query, _ := strings.Cut(e.url, "?")
	i, err := fhirproxy.Parse(e.method, path)
	var refused *fhirproxy.Refusal
	if errors.As(err, &refused) {
		return &refusal{refused.Status, refused.Code, "request.url: " + refused.Diagnostics}
	}
	if err != nil {
		return err
	}
	segments := strings.Split(path, "/")
	form := e.method + " {type}"
	switch {
	case i.Name == "search-type" && e.method == http.MethodGet:
		if !lenient {
			return &refusal{http.StatusBadRequest, "not-supported", "request.url: HealthLake's guide lists no searches among what a Bundle holds; send the search on its own"}
		}
	case i.Name == "create":
	case len(segments) == 1 && slices.Contains([]string{"update", "patch", "delete"}, i.Name):
		return &refusal{http.StatusBadRequest, "not-supported", "request.url: HealthLake's guide documents no conditional " + i.Name + "; name the resource's id"}
	case slices.Contains([]string{"read", "update", "patch", "delete"}, i.Name):
		form += "/{id}"
	case i.Name == "vread":
		form += "/{id}/_history/{version}"
		e.version = segments[3]
	case i.Name == "history-instance":
		form += "/{id}/_history"
	default:
		return &refusal{http.StatusBadRequest, "not-supported", "request.url: a Bundle holds creates, reads, updates and deletions of single resources; send this on its own"}
	}
	if query != "" && e.method != http.MethodGet {
		return &refusal{http.StatusBadRequest, "not-supported", "request.url: must have no parameters for " + e.method}
	}
	if e.typ = segments[0]; len(segments) > 1 {
		e.id = segments[1]
	}
	index := slices.IndexFunc(interactions, func(i interaction) bool { return i.pattern == form })
	e.interaction = interactions[index]
	if !smart.IsResourceType(e.typ) {
		return unknownType(e.typ)
	}
	return nil
}

// serve answers the entry from a repository, as it would a request on its own.
func (e *bundleEntry) serve(ctx context.Context, from repository) {
	if e.err != nil {
		e.answered.refuse(e.err)
		return
	}
	body, err := json.Marshal(e.resource)
	if err != nil {
		e.answered.refuse(err)
		return
	}
	r, err := http.NewRequestWithContext(ctx, e.method, "/"+e.url, bytes.NewReader(body))
	if err != nil {
		e.answered.refuse(&refusal{http.StatusBadRequest, "invalid", "request.url: malformed"})
		return
	}
	r.Header = e.header
	r.Header.Set("Content-Type", "application/fhir+json")
	r.SetPathValue("type", e.typ)
	r.SetPathValue("id", e.id)
	r.SetPathValue("version", e.version)
	e.grant.lookUpPatient = rememberingPatients(ctx, from)
	e.interaction.serve(from, &e.answered, r, e.grant)
}
