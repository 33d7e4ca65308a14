// Package cognito stands in for an Amazon Cognito user pool on loopback: its
// hosted domain (authorize, login, logout, token, revoke, userInfo), its key set and
// its issuer metadata. An app that runs against it gets the tokens, redirects and
// errors that Cognito is documented to give. At the issuer's host it serves what of the
// user pools API administering users takes ([API]), to principals who may.
//
// The token and revoke endpoints are the OAuth library's (github.com/zitadel/oidc):
// parsing, client authentication and the choice of the grant. What the library does
// and Cognito does not is undone around it: it reads parameters from the query and
// answers GET, and it describes every error. The authorize, login, logout and
// userInfo endpoints are this package's: the library drops unknown scopes where
// Cognito refuses them, demands a scope where Cognito grants all, takes the plain
// method of PKCE, and knows no page of its own.
//
// # What differs from Cognito
//
// Stricter here, so that what works here works on AWS:
//
//   - Every authorization request needs PKCE with S256, as SMART App Launch demands.
//     Cognito does not insist.
//   - The verifier and the challenge must have the form that RFC 7636 gives them.
//   - A code is spent by the first request that shows it, also by one that is refused.
//   - A repeated parameter, a form that is not one and a query of more than 16 KiB
//     are refused.
//
// Otherwise different:
//
//   - A wrong client or callback URL is told on the page itself, with status 400.
//     Cognito sends the browser to its own page /error.
//   - [Config.ExtraCallbacks] are accepted besides the declared callback URLs.
//   - Access and ID tokens are signed with one key each, as seen at Cognito.
//     [Pool.Rotate] replaces both at once; the former two stay in the key set for a
//     day, the longest that a token lives. When Cognito rotates is not documented.
//   - A resource in an authorization request (RFC 8707) becomes the access token's aud,
//     also after a refresh. On AWS this needs managed login and the plan Essentials or
//     Plus; here it always happens, so that an app meets a token that is bound to
//     something else. Any absolute URI without a fragment is taken.
//   - The trigger before tokens is called once. Cognito calls again after a failure.
//   - An invitation goes nowhere, and the sign-in page changes no temporary password: a
//     user who was created signs in once an administrator has set a permanent one.
//   - The user pools API refuses parameters that are not imitated.
//
// Left out: sign-up, forgotten passwords, MFA, federation, passkeys, threat protection
// and lock-out after wrong passwords, throttling, the implicit grant, rotation of
// refresh tokens, version 1 and 3 trigger events, custom domains, and all other
// operations of the user pools API.
//
// Widely seen at Cognito but not documented, hence unverified on AWS: the status 400
// of invalid_client at the token endpoint, unauthorized_client for a callback URL
// that the client does not have there, the texts about a failing trigger, the error
// code that goes with them (invalid_request at sign-in, invalid_grant at a refresh),
// the answer to one client that revokes another's token (unauthorized_client), that
// protected claims in a trigger's answer are ignored, Access-Control-Allow-Origin
// "*" on what browser apps call, and the messages of the user pools API's errors, whose
// types are documented. Not documented either is what a disabled user's session at the
// sign-in page is good for: here for server_error. Not seen, and unverified on AWS: the errors for a
// verifier without the form of one (invalid_grant) and for a resource that is none
// (invalid_target, as RFC 8707 has it).
//
// Everything is kept in memory, bounded, and gone with the process. All methods are
// safe for concurrent use.
package cognito
