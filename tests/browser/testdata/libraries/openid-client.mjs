// An app made with openid-client, which takes the SMART configuration as the server's metadata.
import * as oauth from "openid-client";
import { AUTHENTICATION, BASE, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SCOPE, end, signIn, smart } from "./session.mjs";

const authentication = {
  none: oauth.None,
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
}[AUTHENTICATION](CLIENT_SECRET);

const server = await oauth.discovery(
  new URL(`${BASE}/.well-known/smart-configuration`), CLIENT_ID, undefined, authentication,
  { execute: [oauth.enableNonRepudiationChecks] }, // verifies the ID token's signature
);

if (!REDIRECT_URI) {
  const { token_type, scope, access_token } = await oauth.clientCredentialsGrant(server, { scope: SCOPE });
  const read = await oauth.fetchProtectedResource(server, access_token, new URL(`${BASE}/Patient/patient-001`), "GET");
  end({ token_type, scope, read: (await read.json()).id });
}

const verifier = oauth.randomPKCECodeVerifier();
const [state, nonce] = [oauth.randomState(), oauth.randomNonce()];
const back = await signIn(oauth.buildAuthorizationUrl(server, {
  ...smart, redirect_uri: REDIRECT_URI, scope: SCOPE, state, nonce,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
}));
const tokens = await oauth.authorizationCodeGrant(server, back, {
  pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
});
const refreshed = await oauth.refreshTokenGrant(server, tokens.refresh_token);
const read = await oauth.fetchProtectedResource(server, refreshed.access_token, new URL(`${BASE}/Patient/${tokens.patient}`), "GET");
await oauth.tokenRevocation(server, tokens.refresh_token);
const revoked = await oauth.refreshTokenGrant(server, tokens.refresh_token).then(() => "", (e) => e.error);
end({
  token_type: tokens.token_type, scope: tokens.scope, patient: tokens.patient, fhirUser: tokens.claims().fhirUser,
  refreshed: refreshed.scope, read: (await read.json()).id, revoked,
});
