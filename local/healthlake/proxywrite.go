package healthlake

import "net/http"

// create passes a resource on whose id the server behind gives.
func (u *upstream) create(w http.ResponseWriter, r *http.Request, g grant) {
	typ := r.PathValue("type")
	body, err := readResource(r, u.endpoint, typ, "")
	if err != nil {
		fail(w, err)
		return
	}
	if r.Header.Get(idempotencyHeader) != "" { // left out, it would make two of one
		fail(w, &refusal{http.StatusBadRequest, "not-supported", idempotencyHeader + ": the FHIR server behind is not known to honour it"})
		return
	}
	delete(body, "id")
	if !g.allowsWriting(body) {
		fail(w, errOutOfReach)
		return
	}
	u.write(w, r, g, typ, body, nil)
}

// update passes a resource on if the state before is within the grant as well.
func (u *upstream) update(w http.ResponseWriter, r *http.Request, g grant) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	if !validID(id) {
		fail(w, errBadID)
		return
	}
	body, err := readResource(r, u.endpoint, typ, id)
	if err == nil && !g.allowsWriting(body) {
		err = errOutOfReach
	}
	header := preconditions(r)
	if err == nil && !g.reachesAll(typ) {
		err = u.guardUpdate(r, g, header)
	}
	if err != nil {
		fail(w, err)
		return
	}
	u.write(w, r, g, typ+"/"+id, body, header)
}

// guardUpdate holds the state before an update against the grant, and lets the
// server behind refuse the update if it is another state by then.
func (u *upstream) guardUpdate(r *http.Request, g grant, header http.Header) error {
	typ, id := r.PathValue("type"), r.PathValue("id")
	before, err := u.fetch(r.Context(), typ, id, typ+"/"+id)
	switch {
	case err != nil:
		return err
	case before.status == http.StatusNotFound:
		header.Set("If-None-Match", "*")
		return nil
	case before.status != http.StatusOK || !g.allowsWriting(u.localized(before.resource)):
		return errOutOfReach
	}
	pin(header, before)
	return nil
}

// remove deletes a resource that is within the grant.
func (u *upstream) remove(w http.ResponseWriter, r *http.Request, g grant) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	header := preconditions(r)
	if !validID(id) {
		fail(w, errNotFound)
		return
	}
	if !g.reachesAll(typ) {
		before, err := u.reached(r, g, typ+"/"+id)
		if err == nil && before.resource != nil && !g.allowsWriting(u.localized(before.resource)) {
			err = errOutOfReach
		}
		if err != nil {
			fail(w, err)
			return
		}
		pin(header, before)
	}
	a, err := u.send(r.Context(), http.MethodDelete, typ+"/"+id, nil, header)
	if err == nil && a.status >= http.StatusBadRequest {
		err = refused(a, g.reachesAll(typ))
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func preconditions(r *http.Request) http.Header {
	header := http.Header{}
	if value := r.Header.Get("If-Match"); value != "" {
		header.Set("If-Match", value)
	}
	return header
}

// pin makes a write depend on the state that was looked at, where the server behind
// numbers its versions and the caller has not named one.
func pin(header http.Header, before answer) {
	if tag := before.header.Get("ETag"); tag != "" && header.Get("If-Match") == "" {
		header.Set("If-Match", tag)
	}
}

// write sends a create or an update and passes on what became of the resource.
func (u *upstream) write(w http.ResponseWriter, r *http.Request, g grant, path string, body resource, header http.Header) {
	typ := r.PathValue("type")
	a, err := u.send(r.Context(), r.Method, path, body, header)
	if err == nil && a.status >= http.StatusBadRequest {
		err = refused(a, g.reachesAll(typ))
	}
	if err != nil {
		fail(w, err)
		return
	}
	if !g.allows(u.localized(a.resource)) {
		a.resource = nil // it was written, but what came back is not what may be seen
	}
	u.respond(w, a)
}
