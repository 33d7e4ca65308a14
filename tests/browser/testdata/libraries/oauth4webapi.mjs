// An app made with oauth4webapi, which takes the SMART configuration as the server's metadata.
import * as oauth from "oauth4webapi";
import { AUTHENTICATION, BASE, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SCOPE, end, signIn, smart } from "./session.mjs";

const authentication = {
  none: oauth.None,
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
}[AUTHENTICATION](CLIENT_SECRET);

const client = { client_id: CLIENT_ID };
const server = await (await fetch(`${BASE}/.well-known/smart-configuration`)).json();
const read = async (id, token) => {
  const response = await oauth.protectedResourceRequest(token, "GET", new URL(`${BASE}/Patient/${id}`));
  return (await response.json()).id;
};

if (!REDIRECT_URI) {
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, { scope: SCOPE });
  const { token_type, scope, access_token } = await oauth.processClientCredentialsResponse(server, client, response);
  end({ token_type, scope, read: await read("patient-001", access_token) });
}

const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const address = new URL(server.authorization_endpoint);
address.search = new URLSearchParams({
  ...smart, response_type: "code", client_id: CLIENT_ID, redirect_uri: REDIRECT_URI, scope: SCOPE, state, nonce,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
});
const parameters = oauth.validateAuthResponse(server, client, await signIn(address), state);
const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, REDIRECT_URI, verifier);
const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
await oauth.validateApplicationLevelSignature(server, response);

const refresh = async () => oauth.processRefreshTokenResponse(
  server, client, await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token),
);
const refreshed = await refresh();
const found = await read(tokens.patient, refreshed.access_token);
await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, tokens.refresh_token));
const revoked = await refresh().then(() => "", (e) => e.error);
end({
  token_type: tokens.token_type, scope: tokens.scope, patient: tokens.patient, fhirUser: oauth.getValidatedIdTokenClaims(tokens).fhirUser,
  refreshed: refreshed.scope, read: found, revoked,
});
