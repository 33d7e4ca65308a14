// Package frontdoor is the SMART on FHIR endpoint in front of an AWS HealthLake datastore:
// one address at which an unmodified SMART app works. As AWS documents them, HealthLake and
// Cognito do not have such an address.
//
//	door, err := frontdoor.New(frontdoor.Config{
//		BaseURL:               "https://fhir.example/r4",
//		DatastoreEndpoint:     "https://healthlake.us-east-1.amazonaws.com/datastore/<id>/r4/",
//		AuthorizationEndpoint: "https://<prefix>.auth.us-east-1.amazoncognito.com/oauth2/authorize",
//		TokenEndpoint:         "https://<prefix>.auth.us-east-1.amazoncognito.com/oauth2/token",
//		RevocationEndpoint:    "https://<prefix>.auth.us-east-1.amazoncognito.com/oauth2/revoke",
//		DiscoveryDocument:     document, // package smart's Configuration, with the door's endpoints
//		Clients: []frontdoor.Client{{
//			ID: "1example23456789", CallbackURLs: []string{"https://app.example/callback"}, Scopes: []string{"launch/patient", "openid", "patient/*.rs"},
//		}},
//		Region:      "us-east-1",
//		Credentials: credentials, // of a role that may healthlake:GetCapabilities
//	})
//	server := http.Server{Handler: door}
//
// A [Door] is an http.Handler. Between two requests it keeps only the capability statement.
// It makes no decision about FHIR data: HealthLake and the token validator judge every
// token, and the same token gets the same answer at HealthLake's own endpoint. It issues no
// tokens: Cognito does.
//
// # Endpoints
//
//	<base>/.well-known/smart-configuration  the discovery document, as it is configured
//	<base>/metadata                         HealthLake's capability statement
//	<base>/...                              FHIR, passed on to HealthLake by package fhirproxy
//	/oauth2/authorize                       checks an app's request, and sends the browser on to Cognito
//	/oauth2/token, /oauth2/revoke           check an app's request, and relay it to Cognito
//
// The door does not clean, decode or redirect paths. It answers a request for another host
// than BaseURL's with 421, so that no cache keeps the door's documents under another name.
//
// # Documents
//
// The discovery document and the capability statement are public: any origin may read them,
// a cache may keep them for five minutes, and they have a strong entity tag. The door reads
// the capability statement from HealthLake with a request that the function's role signs
// (SigV4), at most every ten minutes and with one request at a time. While HealthLake fails,
// it serves the last one; without one, the answer is 503. It puts its own base URL and
// endpoints into the statement, and leaves the rest unchanged.
//
// # Authorize
//
// By GET or POST. The door sends a request on to Cognito if its client is known and has
// users, its redirect_uri is exactly one of that client's, response_type is code, and it has
// a state, a code_challenge of the method S256 and an aud (or resource) that is BaseURL or
// DatastoreEndpoint, with or without a slash at the end. No parameter may occur twice. A
// parameter without a value counts as absent. EHR launches (launch) are not supported.
//
// The door removes the scopes fhirUser, launch, offline_access and online_access, which
// Cognito cannot issue. Every other scope must equal a declared scope of the client, and at
// least one must be left, because Cognito grants all scopes to a request without scopes.
//
// Until the redirect_uri is known to be the client's, the door shows errors to the user, on
// a page without text of the request. Later errors go back to the app, as RFC 6749 section
// 4.1.2.1 describes.
//
// # Token and revoke
//
// By POST of a form of at most 64 KiB, with one authentication of the client: HTTP Basic,
// client_secret in the body, or none for a public client. The door knows no secret: it
// passes on the app's secret, and does not log or keep it. A code needs its code_verifier.
// Cognito gets only the parameters of the grant.
//
// A refresh request of SMART App Launch 2.2 has no client_id, which Cognito wants. A page may
// leave it out if its origin is that of one client's callback URLs and of no other's.
//
// The door adds the members of SMART App Launch 2.2 to Cognito's answer:
//
//	scope    the scopes of the access token, with fhirUser if the ID token has that claim, and
//	         with offline_access if the app has a refresh token: one came, or it was just used
//	patient  if the access token names one, and a scope of it asks for one
//	others   encounter, fhirContext, intent, need_patient_banner, smart_style_url and tenant,
//	         if the access token has them
//
// The door does not know which scopes an app requested at the sign-in. So every app with a
// refresh token gets offline_access in scope, even if it requested online_access or neither.
// Cognito's refresh tokens work after the user has left.
//
// The door checks the scope parameter of a refresh and does not pass it on, because Cognito
// documents no such parameter. So the new token has the scopes of the sign-in, even if the
// app requested fewer; the answer's scope lists them (RFC 6749 section 5.1).
//
// The door passes on the code of Cognito's errors, with its own description. Any other
// answer, such as a page, a redirect or a token of another client, becomes server_error. So
// does a missing answer after ten seconds.
//
// # Pages of other origins
//
// The FHIR endpoints allow the origins of all callback URLs and AllowedOrigins (CORS). The
// token and revocation endpoints allow only the origins of the client's own callback URLs.
// The answer repeats the origin, with Vary: Origin. The door never sends
// Access-Control-Allow-Credentials, and reads no cookies. The authorization endpoint has no
// CORS.
//
// # Log
//
// The log has one line for each request: route, method, FHIR interaction and type, client id
// if it is configured, error code, status, and the time of the door (duration_us) and of
// HealthLake or Cognito (upstream_us). It has no part of a path, a query, a header, a body
// or a token. The level is error for status 500 and above, and for incomplete answers. A
// failed attempt to read the capability statement has its own line.
//
// # Threats, and the tests that show the answer
//
//	open redirect                          TestNobodyIsSentToAnAddressThatIsNotTheApps, FuzzAuthorize
//	error page with hostile parameters     TestTheErrorPageHasNothingOfTheRequest
//	PKCE left out, plain, of nothing       TestPKCELeftOutPlainOrOfNothingIsRefused, TestATokenRequestThatIsWrongIsRefusedBeforeCognitoIsAsked
//	foreign aud                            TestAForeignAudienceIsRefused
//	scope widening                         TestScopesAreNotWidenedByEncodingOrRepetition
//	client A's code at client B            TestTheCodeOfAnotherClientGetsCognitosRefusal, TestATokenOfAnotherClientReachesNobody
//	CORS with credentials, null, unknown   TestPagesOfOtherOriginsReadNothing
//	cached discovery of another host       TestTheDoorAnswersForItsOwnHostAlone
//	an error cached as a document          TestNoHeaderOfARequestMakesADocumentAnErrorThatACacheKeeps
//	oversize and half-sent bodies          TestABodyThatTwoReadersUnderstandDifferentlyIsRefused, TestAHalfSentBodyIsRefused
//	Cognito slow or down                   TestCognitoThatIsDownOrTooSlowIsAServerError
//	Cognito redirecting, or with a page    TestWhatCognitoDoesNotDocumentIsAServerError
//	path escape to another datastore       TestAPathIsTakenAsItIsWritten, and package fhirproxy
//	secrets in the log                     TestNothingSecretIsLogged
//
// TestAnAppLaunchesThroughTheDoorWithSMARTsScopes runs a whole launch with an ordinary OAuth
// library and the local stand-in for Cognito.
//
// Unverified on AWS: whether Cognito narrows the scopes of a refresh, and whether its
// revocation endpoint takes a secret in the body, which the door sends as HTTP Basic, as
// it is documented.
package frontdoor
