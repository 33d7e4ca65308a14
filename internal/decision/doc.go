// Package decision says in words what the token validator decided about a request: of each
// scope of the token whether it counted and why not, which role the answer names and why,
// and of a refusal the reason.
//
//	d := decision.Explain(config, claims, event, answer, asked)
//	d.Says              // "Granted: 1 of 2 scopes counts."
//	d.Scopes[0].Says    // "patient/*.rs did not count: the token has no patient."
//
// It judges nothing. The rules are those of package validator, which applies them
// ([validator.Explain]); the tests of that package hold them equal to its answers. A
// validator with other rules is told from this one: see [Decision.Differs].
package decision
