// Package frontdoor is the SMART on FHIR endpoint in front of an AWS HealthLake
// datastore: one address at which an unmodified SMART app works. HealthLake and Cognito,
// each as AWS documents it, do not add up to one.
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
// A [Door] is an http.Handler that keeps nothing between two requests but the capability
// statement. It decides nothing about FHIR data: HealthLake and the token validator judge every
// token, and the same token gets the same answer at HealthLake's own endpoint. It issues
// no token either: Cognito does.
//
// # Endpoints
//
//	<base>/.well-known/smart-configuration  the discovery document, as it is configured
//	<base>/metadata                         HealthLake's capability statement
//	<base>/...                              FHIR, passed on to HealthLake by package fhirproxy
//	/oauth2/authorize                       checks an app's request, and sends the browser on to Cognito
//	/oauth2/token, /oauth2/revoke           check an app's request, and relay it to Cognito
//
// A path counts as it was sent: none is cleaned, decoded or redirected to. A request for
// another host than BaseURL's is answered with 421, so that no cache keeps the door's
// documents under another name.
//
// # Documents
//
// The discovery document and the capability statement are for everybody: any origin may
// read them, a cache may keep them for five minutes, and they have a strong entity tag.
// The capability statement is read from HealthLake with a request that is signed by the
// function's role (SigV4), at most every ten minutes and by one request at a time. While
// HealthLake fails, the last one is served; before there was any, the answer is 503. The
// door puts its own base URL and endpoints into it, and leaves the rest as HealthLake
// wrote it.
//
// # Authorize
//
// By GET or POST. A request goes on to Cognito if its client is known and has users, its
// redirect_uri is exactly one of that client's, response_type is code, and it has a
// state, a code_challenge of the method S256 and an aud (or resource) that is BaseURL or
// DatastoreEndpoint, with or without a slash at the end. No parameter may stand twice;
// one without a value counts as left out. An EHR launch (launch) is not offered.
//
// The scopes fhirUser, launch, offline_access and online_access, which Cognito cannot
// issue, are taken off. Each other must be declared for the client exactly as it is
// written, and one must be left: Cognito would grant all scopes to who asks for none.
//
// What is wrong before the redirect_uri is known to be the client's is told to the user
// on a page that holds nothing of the request; anything else goes back to the app as an
// error of RFC 6749 section 4.1.2.1.
//
// # Token and revoke
//
// By POST of a form of at most 64 KiB, with one authentication of the client: HTTP Basic,
// client_secret in the body, or none of a public client. The door knows no secret: it
// passes on what the app sent, and logs and keeps nothing of it. A code needs its
// code_verifier. Cognito gets the parameters of the grant and no others.
//
// A refresh request of SMART App Launch 2.2 has no client_id, which Cognito wants. A page may
// leave it out if its origin is that of one client's callback URLs and of no other's.
//
// Cognito's answer goes to the app with what SMART App Launch 2.2 has besides:
//
//	scope    the scopes of the access token, with fhirUser if the ID token has that claim, and
//	         with offline_access if the app has a refresh token: one came, or it was just used
//	patient  if the access token names one, and a scope of it asks for one
//	others   encounter, fhirContext, intent, need_patient_banner, smart_style_url and tenant,
//	         if the access token has them
//
// The door does not know what an app asked for at the sign-in: every app with a refresh
// token is told offline_access, also one that asked for online_access or for neither.
// Cognito's refresh tokens are good without the user's being there.
//
// A scope parameter of a refresh is checked and not passed on. Cognito documents none of a
// refresh, so that the new token has the scopes of the sign-in also where the app asked
// for fewer; the answer's scope says which (RFC 6749 section 5.1).
//
// Cognito's errors pass with its code, in our words. Anything else that it may say, a page
// or a redirect or the token of another client, is server_error, and so is no answer
// within ten seconds.
//
// # Pages of other origins
//
// The FHIR endpoints answer pages of the origins of all callback URLs and of
// AllowedOrigins, the token and revocation endpoints those of the client's own callback
// URLs. The origin is echoed, with Vary: Origin. Access-Control-Allow-Credentials is
// never sent, and no endpoint reads a cookie. The authorization endpoint is for no page.
//
// # Log
//
// One line a request: route, method, FHIR interaction and type, client id if it is a
// configured one, error code, status, and how long the door (duration_us) and HealthLake
// or Cognito (upstream_us) took. Nothing of a path, a query, a header, a body or a token
// is in it. Level error is for status 500 and above and for answers that broke off. An
// attempt to read the capability statement that failed has a line of its own.
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
// TestAnAppLaunchesThroughTheDoorWithSMARTsScopes goes all the way with an ordinary OAuth
// library, before the local stand-in of Cognito.
//
// Unverified on AWS: whether Cognito narrows the scopes of a refresh, and whether its
// revocation endpoint takes a secret in the body, which the door sends as HTTP Basic, as
// it is documented.
package frontdoor
