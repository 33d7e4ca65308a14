package healthlake

import (
	"encoding/json"
	"errors"
	"net/http"
)

// refusal is what a request is answered with instead of what it asked for.
type refusal struct {
	status int
	code   string // of http://hl7.org/fhir/issue-type
	text   string
}

func (r *refusal) Error() string { return r.text }

var (
	errNotFound = &refusal{http.StatusNotFound, "not-found", "no such resource"}
	errDeleted  = &refusal{http.StatusGone, "deleted", "the resource was deleted"}
)

// fail answers with the refusal that an error is.
func fail(w http.ResponseWriter, err error) {
	var r *refusal
	if !errors.As(err, &r) {
		r = &refusal{http.StatusInternalServerError, "exception", err.Error()}
	}
	refuse(w, r.status, r.code, r.text)
}

// refuse answers with an OperationOutcome. What a good token may not do is refused with
// the error code of RFC 6750, section 3.1.
func refuse(w http.ResponseWriter, status int, code, diagnostics string) {
	refuseWith(w, status, code, diagnostics, "")
}

// refuseWith is [refuse] with a remark for people, in an issue of its own.
func refuseWith(w http.ResponseWriter, status int, code, diagnostics, remark string) {
	if status == http.StatusForbidden && code == "forbidden" {
		w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
	}
	issues := []any{map[string]any{"severity": "error", "code": code, "diagnostics": diagnostics}}
	if remark != "" {
		issues = append(issues, map[string]any{"severity": "information", "code": "informational", "diagnostics": "local cloud: " + remark})
	}
	respond(w, status, resource{"resourceType": "OperationOutcome", "issue": issues})
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	if r, ok := w.(*reporter); ok && r.indent {
		encoder.SetIndent("", "  ")
	}
	_ = encoder.Encode(body) // the client went away: nobody to tell
}
