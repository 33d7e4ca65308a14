package smart

// ClientKind says how an app gets its tokens.
type ClientKind string

// The kinds of clients (SMART App Launch 2.2, "Client authentication" and "Backend
// Services").
const (
	// ServiceClient is a backend without a user: the client credentials grant,
	// with a secret, and system/ scopes.
	ServiceClient ClientKind = "service"
	// ConfidentialClient is an app with users and a server that keeps its
	// secret: the authorization code grant with PKCE.
	ConfidentialClient ClientKind = "confidential"
	// PublicClient is an app with users that cannot keep a secret (a browser, a phone): the
	// authorization code grant with PKCE.
	PublicClient ClientKind = "public"
)

// Holder returns the holder of the tokens that a client of this kind gets.
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

// Holder is the kind of holder of a token.
type Holder int

// The holders of a token.
const (
	NoHolder     Holder = iota // nobody that is known: no scope counts
	ClientHolder               // a client, which no user stands behind
	UserHolder                 // a user, at a client
)

// MayHold reports whether scopes of a context count in a token of this holder: system/ only
// for clients, patient/ and user/ only for users. A user also needs a patient for patient/
// scopes, and a fhirUser for user/ scopes.
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
