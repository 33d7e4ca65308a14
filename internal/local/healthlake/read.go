package healthlake

import (
	"net/http"
	"strconv"
	"time"
)

// visible returns the versions of a resource that the grant reaches. To one that is
// out of reach, or was when it was deleted, the answer is that it does not exist.
func (m *memory) visible(r *http.Request, g grant) ([]version, error) {
	versions := m.versions(r.PathValue("type"), r.PathValue("id"))
	if last := lastLiving(versions); last == nil || !g.allows(last) {
		return nil, errNotFound
	}
	return versions, nil
}

func (m *memory) read(w http.ResponseWriter, r *http.Request, g grant) {
	versions, err := m.visible(r, g)
	if err != nil {
		fail(w, err)
		return
	}
	m.respond(w, http.StatusOK, versions[len(versions)-1])
}

// readVersion reads an earlier state. It must be within the grant itself, and so
// must the last one: what was taken out of a compartment stays out.
func (m *memory) readVersion(w http.ResponseWriter, r *http.Request, g grant) {
	versions, err := m.visible(r, g)
	if err != nil {
		fail(w, err)
		return
	}
	number, err := strconv.Atoi(r.PathValue("version"))
	if err != nil || number < 1 || number > len(versions) || !g.allows(lastLiving(versions[:number])) {
		fail(w, errNotFound)
		return
	}
	m.respond(w, http.StatusOK, versions[number-1])
}

// respond answers with a version, and says that it is one (FHIR R4, section 3.1.0.5).
func (m *memory) respond(w http.ResponseWriter, status int, v version) {
	if v.resource == nil {
		fail(w, errDeleted)
		return
	}
	header := w.Header()
	header.Set("ETag", eTag(v.number))
	header.Set("Last-Modified", v.at.Format(http.TimeFormat))
	if status == http.StatusCreated {
		header.Set("Location", m.endpoint+v.resource.typ()+"/"+v.resource.id()+"/_history/"+strconv.Itoa(v.number))
	}
	respond(w, status, v.resource)
}

func eTag(number int) string { return `W/"` + strconv.Itoa(number) + `"` }

func instant(t time.Time) string { return t.Format(time.RFC3339Nano) }
