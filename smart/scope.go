package smart

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Context says whose data a scope gives access to.
type Context string

// The contexts of a resource scope (SMART App Launch 2.2, "Scopes for requesting FHIR Resources").
const (
	Patient Context = "patient" // data of the patient in context
	User    Context = "user"    // data that the user may see
	System  Context = "system"  // data that a client may see without a user
)

// Version is the SMART version of a scope's grammar.
type Version int

// The two grammars of a resource scope.
const (
	V1 Version = 1 // patient/Observation.read
	V2 Version = 2 // patient/Observation.rs
)

// AnyType is the type part of a scope that covers every resource type.
const AnyType = "*"

// Scope is one resource scope. It is immutable; make it with [ParseScope]. The zero value
// grants nothing.
type Scope struct {
	context     Context
	typ         string
	permissions Permissions
	version     Version
	query       []Parameter

	text string
}

// Context says whose data the scope is about.
func (s Scope) Context() Context { return s.context }

// Type is a FHIR R4 resource type, or [AnyType].
func (s Scope) Type() string { return s.typ }

// Permissions returns what the holder may do with these resources.
func (s Scope) Permissions() Permissions { return s.permissions }

// Version is the grammar in which the scope is written.
func (s Scope) Version() Version { return s.version }

// Filtered reports whether the scope has a filter, which v2 scopes of a concrete type
// may have.
func (s Scope) Filtered() bool { return len(s.query) > 0 }

// Query returns a copy of the filter, in its order; nil without one.
func (s Scope) Query() []Parameter { return slices.Clone(s.query) }

// The errors of [ParseScope], which adds the text and what is accepted. Test with errors.Is.
var (
	ErrNotResourceScope = errors.New("not a SMART resource scope")
	ErrContext          = errors.New("unknown context")
	ErrResourceType     = errors.New("unknown FHIR R4 resource type")
	ErrPermissions      = errors.New("malformed permissions")
	ErrQuery            = errors.New("filter not accepted")
)

// ParseScope reads one resource scope:
//
//	scope = ("patient" / "user" / "system") "/" (type / "*") "." permissions ["?" query]
//
// with v1 permissions "read", "write" or "*", or v2 permissions, a non-empty in-order subset
// of "cruds". A query needs v2 permissions and a concrete type. Its parameters are search
// parameters that FHIR R4 defines for that type. ParseScope refuses parameters that
// HealthLake might ignore, because that would widen the grant: result parameters, chains,
// modifiers, composite and special parameters, _has, _include, and the parameters of every
// resource, such as _id. A "?" or "=" in a value must be percent-encoded. Errors wrap one of
// the Err values of this package.
func ParseScope(text string) (Scope, error) {
	context, rest, ok := strings.Cut(text, "/")
	if !ok {
		return Scope{}, refuse(text, ErrNotResourceScope, `must be <context>/<type>.<permissions>, such as patient/*.rs`)
	}
	resource, query, filtered := strings.Cut(rest, "?")
	typ, permissions, ok := strings.Cut(resource, ".")
	if !ok {
		return Scope{}, refuse(text, ErrNotResourceScope, `must be <context>/<type>.<permissions>, such as patient/*.rs`)
	}
	s := Scope{context: Context(context), typ: typ, text: text}
	if s.context != Patient && s.context != User && s.context != System {
		return Scope{}, refuse(text, ErrContext, "must be patient, user or system")
	}
	if typ != AnyType && !IsResourceType(typ) {
		return Scope{}, refuse(text, ErrResourceType, "must be a FHIR R4 resource type or *")
	}
	if s.permissions, s.version, ok = parsePermissions(permissions); !ok {
		return Scope{}, refuse(text, ErrPermissions,
			"must be read, write or * (v1), or letters of cruds in this order (v2)")
	}
	if !filtered {
		return s, nil
	}
	return s.withQuery(query)
}

func (s Scope) withQuery(query string) (Scope, error) {
	if s.version != V2 {
		return Scope{}, refuse(s.text, ErrQuery, "only v2 permissions may carry a filter")
	}
	if s.typ == AnyType {
		return Scope{}, refuse(s.text, ErrQuery, "HealthLake filters a concrete resource type only")
	}
	parameters, err := parseQuery(s.typ, query)
	if err != nil {
		return Scope{}, refuse(s.text, ErrQuery, err.Error())
	}
	s.query = parameters
	return s, nil
}

// scopeError says why a text is no resource scope. It is put into words only when
// somebody reads it: most tokens hold scopes, such as openid, that are none.
type scopeError struct {
	text string
	kind error
	want string
}

func refuse(text string, kind error, want string) error { return &scopeError{text, kind, want} }

// Error quotes the text: a scope is no secret, but it may be hostile.
func (e *scopeError) Error() string { return fmt.Sprintf("%q: %v: %s", e.text, e.kind, e.want) }

func (e *scopeError) Unwrap() error { return e.kind }

// String returns the scope as it was parsed, and an empty text for the zero value.
func (s Scope) String() string { return s.text }

// Normalize returns the scope in SMART v2 form: "patient/*.read" becomes
// "patient/*.rs". What it grants stays the same. The zero value stays itself.
func (s Scope) Normalize() Scope {
	if s.text == "" {
		return s
	}
	s.version = V2
	s.text = string(s.context) + "/" + s.typ + "." + s.permissions.String() + printQuery(s.query)
	return s
}

// ReadOnly reports whether the scope does not let its holder change data.
func (s Scope) ReadOnly() bool { return s.permissions.ReadOnly() }

// Covers reports whether s grants everything that request asks for: the same context, s's
// type or a narrower one, no further permission, and at least s's filter. The grammar
// version does not matter.
func (s Scope) Covers(request Scope) bool {
	if s.context != request.context || s.permissions == 0 || request.permissions == 0 {
		return false
	}
	if s.typ != AnyType && s.typ != request.typ {
		return false
	}
	return s.permissions.Contains(request.permissions) && containsAll(request.query, s.query)
}

// SplitScopes splits the value of an OAuth 2.0 "scope" parameter or claim (RFC 6749 section
// 3.3): tokens separated by single spaces. It decodes nothing before the split, so an
// encoded space inside a filter does not split a scope. It reports false if the text breaks
// that grammar: an empty text, two spaces in a row, a space at either end, or another
// character that section 3.3 does not allow.
func SplitScopes(text string) ([]string, bool) {
	scopes := strings.Split(text, " ")
	for _, scope := range scopes {
		if !isScopeText(scope) {
			return nil, false
		}
	}
	return scopes, true
}

// isScopeText reports whether a text is a scope-token of RFC 6749 section 3.3.
func isScopeText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return text != ""
}
