package healthlake

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// memory is the repository of a process's lifetime.
type memory struct {
	endpoint string
	pages    pages
	dialect  fhirsearch.Dialect // how searches are read

	conditional sync.Mutex // held before mu by writes that depend on a search

	mu      sync.RWMutex
	records map[string]*record   // by type and id: "Patient/1"
	ofType  map[string][]*record // in the order of their creation
	created map[string]string    // type and id by idempotency key
}

// record is a resource with all of its versions, the oldest first. It never changes: a
// version more makes another record.
type record struct {
	sequence int // place in the order of creation, from 1
	versions []version
	patients []string // ids of those in whose compartments the last version is
}

// version is one state of a resource.
type version struct {
	number   int    // from 1, without gaps
	method   string // that made it: POST, PUT or DELETE
	at       time.Time
	resource resource // nil: deleted
}

func newMemory(endpoint string, pages pages, data *Data, dialect fhirsearch.Dialect) *memory {
	m := &memory{
		endpoint: endpoint,
		pages:    pages,
		dialect:  dialect,
		records:  map[string]*record{},
		ofType:   map[string][]*record{},
		created:  map[string]string{},
	}
	if data == nil {
		return m
	}
	for _, r := range data.resources {
		m.put(r.typ(), r.id(), "POST", r, 0)
	}
	return m
}

// versions returns the states of a resource, the oldest first; none if it never was.
func (m *memory) versions(typ, id string) []version {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if found, ok := m.records[typ+"/"+id]; ok {
		return found.versions
	}
	return nil
}

// put adds a version, nil to delete, if the last one is still number after. It
// reports false if another was faster.
func (m *memory) put(typ, id, method string, r resource, after int) (version, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := typ + "/" + id
	found, ok := m.records[key]
	if !ok {
		found = &record{sequence: len(m.ofType[typ]) + 1}
	}
	if len(found.versions) != after {
		return version{}, false
	}
	v := version{number: after + 1, method: method, at: time.Now().UTC()}
	if r != nil {
		v.resource = stamped(r, id, v)
	}
	next := &record{found.sequence, append(found.versions, v), v.resource.patients()}
	m.records[key] = next
	if ok {
		m.ofType[typ][next.sequence-1] = next
	} else {
		m.ofType[typ] = append(m.ofType[typ], next)
	}
	return v, true
}

// transaction lets do change the resources as if it were alone with them. What it did
// stays if it returns nil; otherwise nothing does.
func (m *memory) transaction(do func(within *memory) error) error {
	m.conditional.Lock()
	defer m.conditional.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	within := newMemory(m.endpoint, m.pages, nil, m.dialect)
	within.records, within.created = maps.Clone(m.records), maps.Clone(m.created)
	for typ, records := range m.ofType {
		within.ofType[typ] = slices.Clone(records)
	}
	if err := do(within); err != nil {
		return err
	}
	m.records, m.ofType, m.created = within.records, within.ofType, within.created
	return nil
}

// stamped is a copy of a resource with what the server assigns.
func stamped(r resource, id string, v version) resource {
	r = maps.Clone(r)
	meta, _ := r["meta"].(map[string]any)
	if meta = maps.Clone(meta); meta == nil {
		meta = map[string]any{}
	}
	meta["versionId"], meta["lastUpdated"] = strconv.Itoa(v.number), v.at.Format("2006-01-02T15:04:05.000Z07:00")
	r["id"], r["meta"] = id, meta
	return r
}

// listed is a current resource and its place in the order of creation.
type listed struct {
	sequence int
	version
}

// current returns the resources of a type that are there and that a grant may reach, in the
// order of their creation. It leaves out what is not in the compartment of the one patient
// whom a grant is about, which is nearly everything; the rest is for [grant.allows] to judge.
func (m *memory) current(typ string, g grant) []listed {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []listed
	onlyPatient := g.onlyPatient()
	for _, r := range m.ofType[typ] {
		if onlyPatient && !slices.Contains(r.patients, g.patient) {
			continue
		}
		if last := r.versions[len(r.versions)-1]; last.resource != nil {
			found = append(found, listed{r.sequence, last})
		}
	}
	return found
}

func (m *memory) patient(_ context.Context, id string) (resource, bool) {
	last := lastLiving(m.versions("Patient", id))
	return last, last != nil
}

// lastLiving is what a resource is, or was before it was deleted: by this it is
// decided who may know of it. nil if it never was.
func lastLiving(versions []version) resource {
	for _, v := range slices.Backward(versions) {
		if v.resource != nil {
			return v.resource
		}
	}
	return nil
}
