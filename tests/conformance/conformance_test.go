// Package conformance_test holds a stack against SMART App Launch 2.2: the checks of the
// SMART App Launch test kit of Inferno, and of its (g)(10) kit for what must be refused,
// written anew. What a kit checks is checked here as strictly: with its own default scopes,
// its form of a request, and redirects followed as a browser does.
//
// The stack is one of the local cloud. docs/reference/conformance.md has a table of the
// results, which the last subtest compares with what it saw.
package conformance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// requirement is something that a standard asks of a server.
type requirement struct {
	name    string // what must hold, as a sentence
	section section
	kit     string // which kit checks it; empty for none
	holds   func(*session) error
	// why it is not offered; empty for what is. Then holds checks that it is neither there
	// nor claimed, and that who asks for it is refused.
	why string
}

// The kits that a check is from.
const (
	smartKit = "SMART"
	onc      = "(g)(10)"
	ours     = ""
)

// group of requirements, each of which must hold for every app named.
type group struct {
	name         string
	apps         []string
	requirements []requirement
}

// groups in the order in which they run. Each app has one session, so a later check may
// use what an earlier one got.
var groups = []group{
	discovery, standaloneLaunch, publicClient, confidentialClient, openID,
	refreshWithoutScope, refreshWithScope, refusals, notOffered,
}

// outcome of a requirement at one server.
type outcome string

const (
	passes   outcome = "passes"
	fails    outcome = "**fails**"
	unknown  outcome = "not reached"
	withheld outcome = "not offered"
)

// notReached says that a check could not be made, because a step before it failed.
type notReached struct {
	step string
	err  error
}

func (e *notReached) Error() string { return fmt.Sprintf("%s: not reached: %v", e.step, e.err) }
func (e *notReached) Unwrap() error { return e.err }

// need is the result of a step that another requirement is about.
func need[T any](step string, take func() (T, error)) (T, error) {
	result, err := take()
	var earlier *notReached
	if err != nil && !errors.As(err, &earlier) {
		err = &notReached{step, err}
	}
	return result, err
}

// outcomeOf what went wrong for each app; the worst counts.
func (r requirement) outcomeOf(problems []error) outcome {
	result := passes
	if r.why != "" {
		result = withheld
	}
	for _, err := range problems {
		var blocked *notReached
		switch {
		case err == nil:
		case !errors.As(err, &blocked):
			return fails
		default:
			result = unknown
		}
	}
	return result
}

// outcomes of all requirements, by their keys.
type outcomes map[string]outcome

// key is the name of a requirement's test.
func (g group) key(r requirement) string {
	return g.name + ": " + r.name + " (" + r.section.title + ")"
}

// conform runs all checks against a server. A failure is the test's only where all must
// hold.
func conform(t *testing.T, s server, allMustHold bool) outcomes {
	t.Helper()
	seen := outcomes{}
	sessions := map[string]*session{}
	for _, app := range s.apps {
		sessions[app.name] = newSession(s, app)
	}
	for _, g := range groups {
		for _, r := range g.requirements {
			t.Run(g.key(r), func(t *testing.T) {
				report := t.Logf
				if allMustHold {
					report = t.Errorf
				}
				var problems []error
				for _, name := range g.apps {
					err := r.holds(sessions[name])
					if problems = append(problems, err); err != nil {
						report("%s (%s), as the %s client: %v", r.section.title, r.section.address, name, err)
					}
				}
				seen[g.key(r)] = r.outcomeOf(problems)
			})
		}
	}
	return seen
}

// section of a standard.
type section struct{ title, address string }

func (s section) link() string { return "[" + s.title + "](" + s.address + ")" }

// smart is a section of SMART App Launch 2.2.
func smart(page, anchor, title string) section {
	return section{"SMART 2.2, " + title, "https://hl7.org/fhir/smart-app-launch/STU2.2/" + page + ".html#" + anchor}
}

func rfc(number int, part string) section {
	return section{fmt.Sprintf("RFC %d, %s", number, part), fmt.Sprintf("https://www.rfc-editor.org/rfc/rfc%d#section-%s", number, part)}
}

// oidc is a section of one of the specifications of OpenID Connect, "core" or "discovery".
func oidc(specification, anchor, title string) section {
	return section{"OIDC " + title, "https://openid.net/specs/openid-connect-" + specification + "-1_0.html#" + anchor}
}

func TestEveryRequirementHasANameOfItsOwnAndASection(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.requirements {
			if key := g.key(r); seen[key] || strings.ContainsAny(key, "/|") {
				t.Errorf("%q: named twice, or with a character that a subtest or a table does not take", key)
			}
			seen[g.key(r)] = true
			if r.section.title == "" || r.section.address == "" || r.holds == nil || (g.name == notOffered.name) != (r.why != "") {
				t.Errorf("%q: no section, no check, or no reason why it is not offered", r.name)
			}
		}
	}
}
