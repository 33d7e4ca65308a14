// The end-to-end test of a service: it requests a token, reads patients, and is refused without
// a token. It finds everything in its environment, on AWS as in the pipeline.
import assert from "node:assert/strict";
import { test } from "node:test";

const { FHIR_BASE_URL: base, CLIENT_ID: id, CLIENT_SECRET: secret } = process.env;

async function json(path, options) {
  const response = await fetch(`${base.replace(/\/$/, "")}/${path}`, options);
  return { status: response.status, body: await response.json() };
}

async function token(scope) {
  const { body: discovery } = await json(".well-known/smart-configuration");
  const response = await fetch(discovery.token_endpoint, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).access_token;
}

test("the service reads patients", async () => {
  const headers = { authorization: `Bearer ${await token("system/Patient.rs")}` };
  const { status, body } = await json("Patient?_count=1", { headers });
  assert.equal(status, 200);
  assert.equal(body.entry[0].resource.resourceType, "Patient");
});

test("the service may not write", async () => {
  const headers = { authorization: `Bearer ${await token("system/Patient.rs")}`, "content-type": "application/fhir+json" };
  const { status } = await json("Patient", { method: "POST", headers, body: '{"resourceType":"Patient"}' });
  assert.equal(status, 403);
});

test("nobody reads without a token", async () => {
  assert.equal((await json("Patient?_count=1")).status, 401);
});
