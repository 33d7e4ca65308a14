"use strict";
// An app as the documentation of fhirclient has it, without a word about Smartlake.

// use does what an app does with its client, and returns what it got.
async function use(client) {
  const patient = await client.patient.read();
  const user = await client.user.read();
  const weights = await client.patient.request("Observation?code=29463-7&_count=2", { flat: true });
  const all = await client.patient.request("Observation?_count=2", { flat: true, pageLimit: 0 });
  const sizes = [];
  await client.patient.request("Observation?_count=2", { flat: true, pageLimit: 0, onPage: (page) => { sizes.push(page.length); } });
  const { access_token: before, scope } = client.state.tokenResponse;
  await client.refresh();
  const after = client.state.tokenResponse;
  return {
    patient: client.patient.id,
    read: patient.id,
    fhirUser: client.user.fhirUser,
    user: user.id,
    weights: weights.map((o) => o.code.text),
    all: all.map((o) => o.code.text).sort(),
    subjects: [...new Set(all.map((o) => o.subject.reference))],
    sizes,
    scope,
    refreshed: { another: after.access_token !== before, scope: after.scope, patient: after.patient, read: (await client.patient.read()).id },
    serverUrl: client.state.serverUrl,
    challengeMethods: client.state.codeChallengeMethods,
  };
}

// tell shows how the app ended.
function tell(app) {
  const shown = document.getElementById("shown");
  app.then(
    (result) => { shown.textContent = JSON.stringify(result); document.body.dataset.ended = "well"; },
    (error) => { shown.textContent = String(error); document.body.dataset.ended = "ill"; },
  );
}
