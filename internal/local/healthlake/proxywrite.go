package healthlake

import "net/http"

// create passes a resource on whose id the server behind gives.
func (u *upstream) create(w http.ResponseWriter, r *http.Request, g grant) {
	typ := r.PathValue("type")
	body, err := readResource(r, u.endpoint, typ, "")
	if err == nil {
		err = refuseCreateConditions(r.Header)
	}
	if err == nil && len(r.Header.Values(noneExistHeader)) > 0 {
		err = &refusal{http.StatusBadRequest, "not-supported", noneExistHeader + ": not supported with a FHIR server behind, whose search the scopes were not held against; search first"}
	}
	if err == nil && len(r.Header.Values(idempotencyHeader)) > 0 { // left out, it would make two of one
		err = &refusal{http.StatusBadRequest, "not-supported", idempotencyHeader + ": the FHIR server behind is not known to honour it"}
	}
	if err != nil {
		fail(w, err)
		return
	}
	delete(body, "id")
	if !g.allowsWriting(body) {
		fail(w, errOutOfReach)
		return
	}
	u.write(w, r, g, question{interaction: "create", path: typ, body: body})
}

// update passes a resource on if the state before is within the grant as well.
func (u *upstream) update(w http.ResponseWriter, r *http.Request, g grant) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	body, asked, err := readUpdate(r, u.endpoint, typ, id)
	if err == nil && !g.allowsWriting(body) {
		err = errOutOfReach
	}
	var pinned http.Header
	if err == nil {
		pinned, err = u.pin(r, g, asked, errOutOfReach)
	}
	if err != nil {
		fail(w, err)
		return
	}
	u.write(w, r, g, question{interaction: "update", path: typ + "/" + id, body: body, header: pinned})
}

// remove deletes a resource that is within the grant.
func (u *upstream) remove(w http.ResponseWriter, r *http.Request, g grant) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	asked, err := readPreconditions(r.Header)
	var pinned http.Header
	if err == nil {
		pinned, err = u.pin(r, g, asked, errNotFound)
	}
	var a answer
	if err == nil {
		a, err = u.send(r.Context(), question{interaction: "delete", method: http.MethodDelete, path: typ + "/" + id, header: pinned})
	}
	if err == nil && a.status >= http.StatusBadRequest {
		err = refused(a, g.reachesAll(typ))
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// pin looks at the state before a write, where the grant or the caller's preconditions
// depend on it, and holds it against both. The headers that it returns have the server
// behind refuse the write if there is another state by then. The caller's own
// preconditions are judged here: the server behind may know fewer of them.
func (u *upstream) pin(r *http.Request, g grant, asked preconditions, unseen error) (http.Header, error) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	everything := g.reachesAll(typ)
	if everything && !asked.asked() {
		return nil, nil
	}
	before, err := u.fetch(r.Context(), typ, id, "")
	if err != nil {
		return nil, err
	}
	switch {
	case before.status == http.StatusOK:
		if !g.allows(before.resource) {
			return nil, unseen
		}
		if !g.allowsWriting(before.resource) {
			return nil, errOutOfReach
		}
		tag := tagOf(before)
		if tag == "" {
			return nil, asked.hold(true, "")
		}
		return http.Header{"If-Match": {tag}}, asked.hold(true, tag)
	case before.status == http.StatusNotFound && r.Method == http.MethodDelete:
		return nil, errNotFound
	case before.status == http.StatusNotFound, before.status == http.StatusGone && everything:
		return http.Header{"If-None-Match": {"*"}}, asked.hold(false, "")
	default:
		return nil, unseen // what is gone may have been another's
	}
}

// tagOf is the ETag of a state; empty if the server behind numbers no versions.
func tagOf(before answer) string {
	tag := before.header.Get("ETag")
	if tags, ok := readEntityTags(tag); ok && len(tags.tags) == 1 {
		return tag
	}
	return ""
}

// write sends a create or an update and passes on what became of the resource.
func (u *upstream) write(w http.ResponseWriter, r *http.Request, g grant, q question) {
	typ := r.PathValue("type")
	q.method = r.Method
	a, err := u.send(r.Context(), q)
	if err == nil && a.status >= http.StatusBadRequest {
		err = refused(a, g.reachesAll(typ))
	}
	if err != nil {
		fail(w, err)
		return
	}
	if !g.allows(a.resource) {
		a.resource = nil // it was written, but what came back is not what may be seen
	}
	u.respond(w, typ, a)
}
