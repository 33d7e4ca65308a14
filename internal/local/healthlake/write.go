package healthlake

import (
	"cmp"
	"net/http"

	"github.com/google/uuid"
)

// idempotencyHeader makes a create safe to repeat
// (https://docs.aws.amazon.com/healthlake/latest/devguide/managing-fhir-resources-idempotency.html).
const idempotencyHeader = "X-Amz-Fhir-Idempotency-Key"

var (
	errOutOfReach = &refusal{http.StatusForbidden, "forbidden", "the resource is outside of what the token's scopes reach"}
	errConflict   = &refusal{http.StatusConflict, "conflict", "the resource was changed by another request at the same time"}
	errBadID      = &refusal{http.StatusBadRequest, "value", "id: must be 1 to 64 letters, digits, - and ."}
)

// create gives the resource an id of the server's, which a transaction chose already.
func (m *memory) create(w http.ResponseWriter, r *http.Request, g grant) {
	typ, id := r.PathValue("type"), cmp.Or(r.PathValue("id"), uuid.NewString())
	body, err := readResource(r, m.endpoint, typ, "")
	if err == nil {
		err = refuseCreateConditions(r.Header)
	}
	if err != nil {
		fail(w, err)
		return
	}
	body["id"] = id
	if !g.allowsWriting(body) {
		fail(w, errOutOfReach)
		return
	}
	if len(r.Header.Values(noneExistHeader)) > 0 {
		m.conditional.Lock()
		defer m.conditional.Unlock()
		there, err := m.noneExist(r.Header, typ, g)
		if err != nil {
			fail(w, err)
			return
		}
		if there.resource != nil {
			m.respond(w, http.StatusOK, there)
			return
		}
	}
	if key := r.Header.Get(idempotencyHeader); key != "" {
		earlier, err := m.claim(key, typ, id)
		if err != nil {
			fail(w, err)
			return
		}
		if earlier != "" {
			m.repeated(w, typ, earlier, g)
			return
		}
	}
	made, ok := m.put(typ, id, http.MethodPost, body, 0)
	if !ok {
		fail(w, errConflict)
		return
	}
	m.respond(w, http.StatusCreated, made)
}

// claim keeps an idempotency key for an id, or returns the one that it was kept for.
func (m *memory) claim(key, typ, id string) (earlier string, err error) {
	if _, err := uuid.Parse(key); err != nil {
		return "", &refusal{http.StatusBadRequest, "value", idempotencyHeader + ": must be a UUID"}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if earlier, ok := m.created[typ+" "+key]; ok {
		return earlier, nil
	}
	m.created[typ+" "+key] = id
	return "", nil
}

// repeated answers a create that was there before with the version that it made
// ("Original resource returned", in the guide to idempotency), whatever became of it since. A
// resource that was deleted is gone all the same.
func (m *memory) repeated(w http.ResponseWriter, typ, id string, g grant) {
	versions := m.versions(typ, id)
	if last := lastLiving(versions); last == nil || !g.allows(last) || !g.allows(versions[0].resource) {
		fail(w, &refusal{http.StatusConflict, "duplicate", idempotencyHeader + ": was used for another request"})
		return
	}
	if !exists(versions) {
		fail(w, errDeleted)
		return
	}
	m.respond(w, http.StatusConflict, versions[0])
}

// readUpdate reads a request to replace a resource.
func readUpdate(r *http.Request, endpoint, typ, id string) (resource, preconditions, error) {
	if !validID(id) {
		return nil, preconditions{}, errBadID
	}
	body, err := readResource(r, endpoint, typ, id)
	if err != nil {
		return nil, preconditions{}, err
	}
	asked, err := readPreconditions(r.Header)
	return body, asked, err
}

// update replaces a resource, or creates it with the id of the URL.
func (m *memory) update(w http.ResponseWriter, r *http.Request, g grant) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	body, asked, err := readUpdate(r, m.endpoint, typ, id)
	if err != nil {
		fail(w, err)
		return
	}
	versions := m.versions(typ, id)
	if last := lastLiving(versions); last != nil && !g.allowsWriting(last) || !g.allowsWriting(body) {
		fail(w, errOutOfReach)
		return
	}
	if err := asked.hold(exists(versions), eTag(len(versions))); err != nil {
		fail(w, err)
		return
	}
	made, ok := m.put(typ, id, http.MethodPut, body, len(versions))
	if !ok {
		fail(w, errConflict)
		return
	}
	if exists(versions) {
		m.respond(w, http.StatusOK, made)
	} else {
		m.respond(w, http.StatusCreated, made)
	}
}

// remove deletes a resource; its history stays. Deleted once more, it is the same.
func (m *memory) remove(w http.ResponseWriter, r *http.Request, g grant) {
	asked, err := readPreconditions(r.Header)
	var versions []version
	if err == nil {
		versions, err = m.visible(r, g)
	}
	if err != nil {
		fail(w, err)
		return
	}
	if !g.allowsWriting(lastLiving(versions)) {
		fail(w, errOutOfReach)
		return
	}
	if err := asked.hold(exists(versions), eTag(len(versions))); err != nil {
		fail(w, err)
		return
	}
	if exists(versions) {
		if _, ok := m.put(r.PathValue("type"), r.PathValue("id"), http.MethodDelete, nil, len(versions)); !ok {
			fail(w, errConflict)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func exists(versions []version) bool {
	return len(versions) > 0 && versions[len(versions)-1].resource != nil
}
