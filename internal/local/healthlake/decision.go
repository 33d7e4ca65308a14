package healthlake

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// Decision tells of one question to the validator and what became of it. It holds
// no token.
type Decision struct {
	Method     string     // of the request
	Path       string     // of the request, below the endpoint: "Observation/1"
	Query      url.Values // those of the request's parameters that are searched by
	Type       string     // the resource type that was asked for; empty for the whole datastore
	TokenBytes int        // how long the token is
	Event      []byte     // what the validator was asked, with an empty bearerToken
	Reply      Reply      // what the validator replied; its Answer is empty if the call failed
	Err        error      // why nothing came of it
	Asked      time.Time
	Answered   time.Time
	Status     int // the HTTP status that was sent; 0 if the handler failed before
}

// reporter tells of a decision when the status is known, before anything is sent:
// who has the response finds the decision told.
type reporter struct {
	http.ResponseWriter
	decision Decision
	tell     func(Decision)
	indent   bool // writes the answer for people
}

func (d *Datastore) reporting(w http.ResponseWriter, r *http.Request, decision Decision) *reporter {
	decision.Method, decision.Type = r.Method, r.PathValue("type")
	decision.Path = strings.TrimPrefix(r.URL.Path, d.base)
	decision.Query = r.URL.Query()
	for name := range decision.Query {
		if !searchedBy(decision.Type, name) {
			delete(decision.Query, name)
		}
	}
	return &reporter{ResponseWriter: w, decision: decision, tell: d.OnDecision}
}

// searchedBy reports whether resources of a type are searched by a parameter.
func searchedBy(typ, name string) bool {
	key, err := fhirsearch.ParseKey(name)
	if err == nil {
		_, err = fhirsearch.Find(typ, key.Name)
	}
	return err == nil
}

func (r *reporter) WriteHeader(status int) {
	r.report(status)
	r.ResponseWriter.WriteHeader(status)
}

func (r *reporter) report(status int) {
	if r.tell == nil {
		return
	}
	tell := r.tell
	r.tell = nil
	r.decision.Status = status
	tell(r.decision)
}
