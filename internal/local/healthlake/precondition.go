package healthlake

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// preconditions are the headers of a write that make it depend on the state before
// (RFC 9110, section 13.1, and FHIR R4, "http", section 3.1.0.5). A header that changes
// what a write means is honoured or refused, never ignored.
type preconditions struct {
	match, noneMatch *entityTags // nil: not asked for
}

// entityTags are those of a header, or any.
type entityTags struct {
	any  bool
	tags []string // as they were sent
}

// entityTagPattern is RFC 9110's entity-tag at the start of a text, with the comma behind.
var entityTagPattern = regexp.MustCompile(`^[ \t]*((?:W/)?"[\x21\x23-\x7E]*")[ \t]*(?:,|$)`)

// refusedConditions are headers that would change what a write means, and that nothing
// here does. Left out, they would make a write that the caller did not mean.
var refusedConditions = []struct{ name, instead string }{
	{noneExistHeader, "not supported here; create with POST"},
	{"If-Unmodified-Since", "not supported; use If-Match with the ETag"},
	{"Content-Range", "not supported; send the whole resource"},
	{"X-Provenance", "not supported; create the Provenance with its own request"},
}

// readPreconditions reads those of an update or a deletion.
func readPreconditions(header http.Header) (preconditions, error) {
	if err := refuseConditions(header); err != nil {
		return preconditions{}, err
	}
	var p preconditions
	for name, into := range map[string]**entityTags{"If-Match": &p.match, "If-None-Match": &p.noneMatch} {
		values := header.Values(name)
		if len(values) == 0 {
			continue
		}
		tags, ok := readEntityTags(strings.Join(values, ","))
		if !ok {
			return preconditions{}, &refusal{http.StatusBadRequest, "value", name + `: must be *, or ETags such as W/"1", separated by commas`}
		}
		*into = tags
	}
	return p, nil
}

// refuseCreateConditions refuses those of a create: what it makes has no state before.
// If-None-Exist is judged where the resources are.
func refuseCreateConditions(header http.Header) error {
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if len(header.Values(name)) > 0 {
			return &refusal{http.StatusBadRequest, "not-supported", name + ": a create makes a new resource; remove the header, or update with PUT"}
		}
	}
	return refuseConditions(header, noneExistHeader)
}

// refuseConditions refuses what would change a write, but for the headers that are judged
// elsewhere.
func refuseConditions(header http.Header, but ...string) error {
	for _, refused := range refusedConditions {
		if slices.Contains(but, refused.name) {
			continue
		}
		if len(header.Values(refused.name)) > 0 {
			return &refusal{http.StatusBadRequest, "not-supported", refused.name + ": " + refused.instead}
		}
	}
	return nil
}

func readEntityTags(text string) (*entityTags, bool) {
	if strings.Trim(text, " \t") == "*" {
		return &entityTags{any: true}, true
	}
	var tags entityTags
	for {
		found := entityTagPattern.FindStringSubmatch(text)
		if found == nil {
			return nil, false
		}
		tags.tags = append(tags.tags, found[1])
		rest, more := strings.CutPrefix(text[len(found[0])-1:], ",")
		if !more {
			return &tags, true
		}
		text = rest
	}
}

// asked reports whether the write depends on the state before.
func (p preconditions) asked() bool { return p.match != nil || p.noneMatch != nil }

// hold holds them against the ETag of the state before, which is empty if that state has
// none, and against whether there is one.
func (p preconditions) hold(exists bool, tag string) error {
	switch {
	case p.match != nil && !p.match.include(exists, tag):
		return &refusal{http.StatusPreconditionFailed, "conflict", "If-Match: the resource has another version, or is not there"}
	case p.noneMatch != nil && p.noneMatch.include(exists, tag):
		return &refusal{http.StatusPreconditionFailed, "conflict", "If-None-Match: the resource is there, in this version"}
	default:
		return nil
	}
}

// include compares as FHIR does: the ETags of versions are weak, and stand in If-Match
// too.
func (t *entityTags) include(exists bool, tag string) bool {
	if !exists || t.any {
		return exists
	}
	for _, wanted := range t.tags {
		if tag != "" && strings.TrimPrefix(wanted, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
