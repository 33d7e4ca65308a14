package healthlake

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// linking are the members of a resource whose texts are links, which a transaction points
// at what its entries become (FHIR R4, "http", section 3.1.0.11.2). Links in a narrative
// stay as they are.
var linking = []string{"reference", "uri", "url", "valueUri", "valueUrl", "valueUuid", "valueOid"}

// transactionOrder is FHIR's order of the entries: deletions, creates, updates, reads.
// HealthLake documents the order in which they are listed. A transaction on which the two
// would disagree is refused.
var transactionOrder = []string{http.MethodDelete, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet}

// transact serves all entries of a transaction, or changes nothing and says which one
// cannot be served.
func (d *Datastore) transact(ctx context.Context, entries []*bundleEntry) error {
	m, inMemory := d.resources.(*memory)
	if !inMemory {
		return &refusal{http.StatusNotImplemented, "not-supported", "type: transaction: not supported with a FHIR server behind, because its entries are served one by one; use batch"}
	}
	read := false
	for _, e := range entries {
		if e.err != nil {
			return e.at(e.err)
		}
		if read && e.method != http.MethodGet {
			return e.at(&refusal{http.StatusBadRequest, "not-supported", "writes behind a read: FHIR R4 reads last, HealthLake documents the order of the entries; list the reads last"})
		}
		read = read || e.method == http.MethodGet
	}
	return m.transaction(func(within *memory) error {
		links, err := within.identify(ctx, entries)
		if err != nil {
			return err
		}
		ordered := slices.Clone(entries)
		slices.SortStableFunc(ordered, func(a, b *bundleEntry) int {
			return slices.Index(transactionOrder, a.method) - slices.Index(transactionOrder, b.method)
		})
		size := 0
		for _, e := range ordered {
			if e.resource, err = links.in(e.resource); err != nil {
				return e.at(err)
			}
			if e.method == http.MethodGet && size > maxBody {
				return e.at(errTooMuchRead)
			}
			if e.serve(ctx, within); e.answered.status >= http.StatusBadRequest {
				return e.at(e.answered.refusal())
			}
			if got := e.answered.resource(); e.method == http.MethodPost && got.id() != e.id {
				return e.at(&refusal{http.StatusBadRequest, "invalid", "request.ifNoneExist: matches what another entry writes; the entries must not depend on their order"})
			}
			size += e.answered.body.Len()
		}
		return nil
	})
}

// identify gives each create the id that it will have, and returns what links to entries
// lead to. No two entries may write the same resource.
func (m *memory) identify(ctx context.Context, entries []*bundleEntry) (links, error) {
	leadTo, written := links{}, map[string]bool{}
	for _, e := range entries {
		if e.method == http.MethodPost {
			e.id = uuid.NewString()
			if len(e.header.Values(noneExistHeader)) > 0 {
				e.grant.lookUpPatient = rememberingPatients(ctx, m)
				there, err := m.noneExist(e.header, e.typ, e.grant)
				if err != nil {
					return nil, e.at(err)
				}
				if there.resource != nil {
					e.id = there.resource.id()
				}
			}
		}
		if e.method == http.MethodGet {
			continue
		}
		name := e.typ + "/" + e.id
		if written[name] {
			return nil, e.at(&refusal{http.StatusBadRequest, "invalid", "another entry of the transaction is about the same resource; join them"})
		}
		written[name] = true
		if e.fullURL == "" || e.method == http.MethodDelete {
			continue
		}
		if leadTo[e.fullURL] != "" {
			return nil, e.at(&refusal{http.StatusBadRequest, "invalid", fmt.Sprintf("fullUrl: %q: another entry has it; make it unique", e.fullURL)})
		}
		leadTo[e.fullURL] = name
	}
	return leadTo, nil
}

// links are what the full URLs of entries lead to, such as "Patient/1".
type links map[string]string

// in points the links of a resource at what the entries become. One to an entry that is
// not there is refused: it would lead nowhere.
func (l links) in(r resource) (resource, error) {
	if r == nil {
		return nil, nil
	}
	var dangling string
	pointed := mapTexts(map[string]any(r), "", func(member, text string) string {
		if !slices.Contains(linking, member) {
			return text
		}
		to, known := l[text]
		if !known && member == "reference" && strings.HasPrefix(text, "urn:") {
			dangling = fmt.Sprintf("reference: %q: no entry has this fullUrl", text)
		}
		if !known && member == "reference" && strings.Contains(text, "?") {
			dangling = fmt.Sprintf("reference: %q: HealthLake's guide documents no conditional references; search first", text)
		}
		if !known {
			return text
		}
		return to
	})
	if dangling != "" {
		return nil, &refusal{http.StatusBadRequest, "invalid", dangling}
	}
	return pointed.(map[string]any), nil
}

// resource is what was answered with.
func (a *answered) resource() resource {
	got, err := parseResource(a.body.Bytes())
	if err != nil {
		return nil
	}
	return got
}

// refusal is what was answered with, as an error.
func (a *answered) refusal() error {
	told := &refusal{a.status, "processing", http.StatusText(a.status)}
	for _, value := range a.resource().at("issue") {
		issue, _ := value.(map[string]any)
		told.code, _ = issue["code"].(string)
		told.text, _ = issue["diagnostics"].(string)
	}
	return told
}
