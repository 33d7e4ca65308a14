package fhirproxy

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Refusal is why a request is not served. It quotes nothing that may be secret: no
// token, no query, no id.
type Refusal struct {
	Status      int    // of HTTP
	Code        string // of FHIR's value set issue-type, such as "not-found"
	Diagnostics string // what is wrong, and what would be accepted

	header, value string // what goes with the status: Allow, WWW-Authenticate
}

// Error returns the diagnostics.
func (r *Refusal) Error() string { return r.Diagnostics }

// Write answers with the refusal.
func (r *Refusal) Write(w http.ResponseWriter) {
	if r.header != "" {
		w.Header().Set(r.header, r.value)
	}
	WriteOutcome(w, r.Status, r.Code, r.Diagnostics)
}

// WriteOutcome answers with an OperationOutcome of one error. The code is one of FHIR's
// value set issue-type; the diagnostics are for people.
func WriteOutcome(w http.ResponseWriter, status int, code, diagnostics string) {
	body := outcome("error", code, diagnostics)
	header := w.Header()
	header.Set("Content-Type", fhirJSON)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client went away: nobody to tell
}

const fhirJSON = "application/fhir+json"

// outcome is an OperationOutcome of one issue.
func outcome(severity, code, diagnostics string) []byte {
	type issue struct {
		Severity    string `json:"severity"`
		Code        string `json:"code"`
		Diagnostics string `json:"diagnostics"`
	}
	body, err := json.Marshal(struct {
		ResourceType string  `json:"resourceType"`
		Issue        []issue `json:"issue"`
	}{"OperationOutcome", []issue{{severity, code, diagnostics}}})
	if err != nil {
		return []byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}`) // strings always marshal
	}
	return body
}
