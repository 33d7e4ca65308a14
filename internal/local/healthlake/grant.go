package healthlake

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// grant is what a token lets its holder do in this request.
type grant struct {
	typ           string         // the resource type that was asked for; it reaches no other
	scopes        []grantedScope // those that cover the operation and the type
	patient       string         // id of the patient whom patient/ scopes are about
	user          string         // the FHIR resource that the user is: "Practitioner/1"
	fineGrained   bool           // whether user/ scopes are held against the user
	lookUpPatient func(id string) (resource, bool)
	toSearch      func() (grant, error) // of a create: what the token lets its holder find of the type

	// What the scopes were taken from, to take those for another type.
	text    string
	asked   interaction
	dialect fhirsearch.Dialect
}

// grantedScope is a scope with its filter as resources are compared with it.
type grantedScope struct {
	smart.Scope
	filter []fhirsearch.Criterion
	err    error // why they cannot be
}

// granted takes a scope. Its filter is compared as the parameters of a search are.
func granted(scope smart.Scope, dialect fhirsearch.Dialect) grantedScope {
	g := grantedScope{Scope: scope}
	for _, parameter := range scope.Query() {
		criterion, err := dialect.Parse(scope.Type(), parameter.Name, parameter.Value)
		if err != nil {
			g.err = err
		}
		g.filter = append(g.filter, criterion)
	}
	return g
}

// take keeps the scopes that cover an interaction with the grant's type. It fails where
// one cannot be read or compared with, and where none is left.
func (g *grant) take() error {
	if err := g.keep(); err != nil {
		return err
	}
	if len(g.scopes) == 0 {
		return &refusal{http.StatusForbidden, "forbidden", fmt.Sprintf("no scope of the token covers %s on %s", g.asked.operation, g.typ)}
	}
	return nil
}

// on is the grant of the same request on another type, as if it had asked for that. It may
// have no scopes.
func (g grant) on(typ string) (grant, error) {
	g.typ, g.scopes = typ, nil
	err := g.keep()
	return g, err
}

// keep does so where none may be left.
func (g *grant) keep() error {
	for text := range strings.SplitSeq(g.text, " ") {
		scope, err := smart.ParseScope(text)
		if err != nil {
			return badAnswer(err.Error())
		}
		if scope.Permissions().Contains(g.asked.permission) && g.counts(scope, g.typ) {
			g.scopes = append(g.scopes, granted(scope, g.dialect))
		}
	}
	return g.checkFilters(g.typ)
}

// counts reports whether a scope may reach any resource of a type at all. The
// empty type stands for the whole datastore.
func (g grant) counts(scope smart.Scope, typ string) bool {
	if typ == "" {
		return true
	}
	if scope.Type() != smart.AnyType && scope.Type() != typ {
		return false
	}
	switch scope.Context() {
	case smart.Patient:
		return g.patient != "" && inCompartments(typ)
	case smart.User:
		return !g.fineGrained || g.user != ""
	case smart.System:
		return true
	default:
		return false
	}
}

// checkFilters refuses a grant that depends on a filter which this package cannot
// compare resources with: what it does not find may be there.
func (g grant) checkFilters(typ string) error {
	if typ == "" || g.reachesAll(typ) {
		return nil
	}
	for _, scope := range g.scopes {
		if scope.err != nil {
			return &refusal{http.StatusNotImplemented, "not-supported", fmt.Sprintf("the scope %q: the local cloud cannot filter by it: %v", scope, scope.err)}
		}
	}
	return nil
}

// allows reports whether some scope of the grant reaches a resource: system/ scopes
// reach all of their type, patient/ scopes what is in the patient's compartment,
// user/ scopes what fine-grained authorization leaves, and a filtered scope those
// that match besides.
func (g grant) allows(r resource) bool {
	return g.covers(r, func(scope grantedScope) bool { return g.reaches(scope, r) })
}

// allowsWriting reports whether some scope of the grant reaches a resource to change
// it, or to make it so. A scope that is held to some patients changes nothing that is
// about others as well, though it may show it: a patient who performed an observation of
// somebody else sees it.
func (g grant) allowsWriting(r resource) bool {
	return g.covers(r, func(scope grantedScope) bool {
		switch {
		case !g.reaches(scope, r):
			return false
		case scope.Context() == smart.Patient:
			return !r.aboutOthers(func(patient string) bool { return patient == g.patient })
		case scope.Context() == smart.User && g.fineGrained && inCompartments(r.typ()):
			return !r.aboutOthers(func(patient string) bool { return g.userReachesPatient(patient, r) })
		default:
			return true
		}
	})
}

// covers reports whether a scope reaches a resource, by a rule, and its filter matches.
func (g grant) covers(r resource, reaches func(grantedScope) bool) bool {
	return r.typ() == g.typ && slices.ContainsFunc(g.scopes, func(scope grantedScope) bool {
		if scope.err != nil || !reaches(scope) {
			return false
		}
		for _, criterion := range scope.filter {
			if !criterion.Matches(r) {
				return false
			}
		}
		return true
	})
}

func (g grant) reaches(scope grantedScope, r resource) bool {
	switch scope.Context() {
	case smart.Patient:
		return r.about(g.patient)
	case smart.User:
		return !g.fineGrained || g.userReaches(r)
	case smart.System:
		return true
	default:
		return false
	}
}

// reachesAll reports whether the grant reaches every resource of a type, so that
// nothing has to be known of one to decide.
func (g grant) reachesAll(typ string) bool {
	return slices.ContainsFunc(g.scopes, func(scope grantedScope) bool {
		free := scope.Context() == smart.System || scope.Context() == smart.User && (!g.fineGrained || !inCompartments(typ))
		return free && !scope.Filtered()
	})
}

// onlyPatient reports whether the grant reaches nothing but one patient's resources.
func (g grant) onlyPatient() bool {
	return !slices.ContainsFunc(g.scopes, func(scope grantedScope) bool { return scope.Context() != smart.Patient })
}
