"use strict";
// A browser app as the documentation of fhirclient has it: /?iss=…&clientId=… launches,
// and the user comes back to /?code=….
const shown = document.getElementById("shown");
const query = new URLSearchParams(location.search);

// Cognito's token response has no member "patient" (SMART App Launch 2.2, section
// 2.0.10): the patient in context is a claim of the access token.
function patientOf(client) {
  const claims = client.getState("tokenResponse.access_token").split(".")[1];
  return JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/"))).patient;
}

async function launch() {
  await FHIR.oauth2.authorize({
    iss: query.get("iss"),
    clientId: query.get("clientId"),
    scope: "openid launch/patient patient/*.rs",
    redirectUri: location.origin + "/",
    pkceMode: "required",
  });
}

async function read() {
  const client = await FHIR.oauth2.ready();
  const id = patientOf(client);
  const patient = await client.request("Patient/" + encodeURIComponent(id));
  const found = await client.request("Observation?patient=" + encodeURIComponent(id), { flat: true });
  return {
    patient: patient.id,
    observations: found.map((o) => o.code.text),
    subjects: [...new Set(found.map((o) => o.subject.reference))],
    serverUrl: client.state.serverUrl,
    challengeMethods: client.state.codeChallengeMethods,
  };
}

(query.has("iss") ? launch() : read()).then(
  (result) => { if (result) { shown.textContent = JSON.stringify(result); document.body.dataset.ended = "well"; } },
  (error) => { shown.textContent = String(error); document.body.dataset.ended = "ill"; },
);
