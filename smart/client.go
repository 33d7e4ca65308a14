package smart

// ClientKind says how an app gets its tokens.
type ClientKind string

// The kinds of clients (SMART App Launch 2.2, "Client authentication" and "Backend
// Services").
const (
	ServiceClient      ClientKind = "service"      // without a user: client credentials, with a secret
	ConfidentialClient ClientKind = "confidential" // with users, and a server that keeps its secret
	PublicClient       ClientKind = "public"       // with users, and no place to keep a secret
)

// Holder is whose the tokens are that a client of this kind gets.
func (k ClientKind) Holder() Holder {
	switch k {
	case ServiceClient:
		return ClientHolder
	case ConfidentialClient, PublicClient:
		return UserHolder
	default:
		return NoHolder
	}
}

// Holder says whose a token is.
type Holder int

// The holders of a token.
const (
	NoHolder     Holder = iota // nobody that is known: no scope counts
	ClientHolder               // a client, which no user stands behind
	UserHolder                 // a user, at a client
)

// MayHold reports whether scopes of a context count in a token of this holder: system/
// for clients only, patient/ and user/ for users only. For a user more is needed: a
// patient for patient/ scopes, and a FHIR resource that the user is for user/ scopes.
func (h Holder) MayHold(c Context) bool {
	switch c {
	case System:
		return h == ClientHolder
	case Patient, User:
		return h == UserHolder
	default:
		return false
	}
}
