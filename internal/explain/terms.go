package explain

import (
	"slices"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Documents that an explanation refers to. Whoever reads one may have no copy of the repository.
const (
	documents     = "https://github.com/smartlake/pulumi-smartlake/blob/main/docs/"
	unverifiedURL = documents + "explanation/unverified.md"
	queryURL      = documents + "explanation/hipaa.md#minimum-necessary"
)

// unverified is what no explanation can say.
const unverified = "Nothing here was compared with AWS: it is what the configuration declares, read as AWS documents it. " +
	"Smartlake has not run on AWS; what is unverified is in " + unverifiedURL

// Term is a phrase of the explanation, with what it means.
type Term struct {
	Phrase string `json:"phrase"`
	Means  string `json:"means"`
}

// terms are the phrases that an explanation uses of its clients, those that it uses.
func (s stack) terms(e Explanation) []Term {
	terms := []Term{}
	if slices.ContainsFunc(e.Clients, func(c Client) bool { return c.Kind != service }) {
		terms = append(terms, Term{
			"may be used by", "whose tokens count. Cognito lets every user of the pool sign in at every client; the token validator then drops the scopes " +
				"of who is in none of the client's groups, and the user/ scopes of who is of none of its types",
		})
	}
	if e.grants(smart.Patient) {
		terms = append(terms, Term{"the patient in context", "the one Patient of the token's claim patient, which is the user's link to a record"})
	}
	if e.grants(smart.User) {
		terms = append(terms, Term{"that the user may see", maySee(e.Datastores)})
	}
	return terms
}

// maySee says what a user/ scope reaches.
func maySee(datastores []Datastore) string {
	const (
		limited = "what HealthLake finds to be the records of the token's fhirUser, because of fine-grained authorization; how it does so for others than patients is unverified"
		open    = "every resource of the scope's types, of every patient: without fine-grained authorization nothing limits it to the records of the token's fhirUser"
	)
	fine := slices.ContainsFunc(datastores, func(d Datastore) bool { return d.FineGrained })
	coarse := slices.ContainsFunc(datastores, func(d Datastore) bool { return !d.FineGrained })
	switch {
	case fine && coarse:
		return "with fine-grained authorization: " + limited + ". Without it: " + open
	case fine:
		return limited
	case coarse:
		return open
	default:
		return "what the datastore decides, which is not declared here"
	}
}

// grants reports whether a scope of the context counts for any client.
func (e Explanation) grants(context smart.Context) bool {
	return slices.ContainsFunc(e.Clients, func(c Client) bool {
		return slices.ContainsFunc(c.counting(), func(scope smart.Scope) bool { return scope.Context() == context })
	})
}

// counting are the scopes of the client that count.
func (c Client) counting() []smart.Scope {
	var scopes []smart.Scope
	for _, grant := range c.Scopes {
		if scope, err := smart.ParseScope(grant.Scope); err == nil && grant.Counts {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}
