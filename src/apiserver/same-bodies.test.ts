import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { namespaces, serviceAccounts } from "../api/generated/resources.ts";
import { createAdmissionPlugins } from "./admission/plugins.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";
import { askRaw } from "./testing/raw-door.ts";

// Objects that come in the same words again and again take shorter ways, which nobody may notice.

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer({ admission: createAdmissionPlugins });
  for (const name of ["one", "two"]) {
    await memory.client.create(namespaces, { metadata: { name } });
    await memory.client.create(serviceAccounts, { metadata: { name: "default", namespace: name } });
  }
});
after(() => memory.close());

const TOKEN_VOLUME = /kube-api-access-\w{5}/g;

/** The answer to a create, without what is another in each object. */
async function created(name: string, { body = bodyOf(name), namespace = "one", query = "" } = {}) {
  const answer = await askRaw(memory.server, `/api/v1/namespaces/${namespace}/pods${query}`, { method: "POST", body });
  const object = answer.json();
  if (answer.code === 201) {
    const get = await askRaw(memory.server, `/api/v1/namespaces/${namespace}/pods/${object.metadata.name}`);
    if (query === "") assert.deepEqual(get.json(), object);
    const volume = object.spec.volumes.at(-1).name;
    const mounts = object.spec.containers.map(
      (each: { volumeMounts: { name: string }[] }) => each.volumeMounts.at(-1)!.name,
    );
    assert.deepEqual(mounts, [volume], "the pod mounts its own token");
    for (const key of ["uid", "resourceVersion"]) {
      assert.equal(object.metadata[key] !== undefined, !query.includes("dryRun") || key === "uid");
      delete object.metadata[key];
    }
  }
  const text = JSON.stringify(object).replace(TOKEN_VOLUME, "kube-api-access-").replaceAll(`"${name}"`, '"-"');
  const { warning } = answer.headers;
  return { code: answer.code, text, warning };
}

const bodyOf = (name: string, more = ""): string =>
  `{"kind":"Pod","apiVersion":"v1","metadata":{"labels":{"app":"web"},"name":"${name}"},"spec":{${more}"containers":[{"name":"c","image":"i:1","env":[{"name":"A","value":"ä"}]}]}}`;

test("pods of the same words are the same as the first, in every namespace", async () => {
  const first = await created("web-a");
  assert.equal(first.code, 201);
  for (const name of ["web-b", "web-c", "web-d", "much-longer-name"]) assert.deepEqual(await created(name), first);
  const elsewhere = { ...first, text: first.text.replaceAll('"one"', '"two"') };
  for (const name of ["web-a", "web-b"]) assert.deepEqual(await created(name, { namespace: "two" }), elsewhere);
});

test("what is wrong is told each time", async () => {
  for (let times = 0; times < 4; times++) {
    assert.equal((await created("web-a")).code, 409);
    const twice = await created(`twice-${times}`, { body: bodyOf(`twice-${times}`, '"hostname":"x","hostname":"y",') });
    assert.match(String(twice.warning), /duplicate field \\"spec.hostname\\"/);
    const unknown = { body: bodyOf("u", '"hostnam":"x",'), query: "?fieldValidation=Strict" };
    assert.match((await created("u", unknown)).text, /unknown field \\"spec.hostnam\\"/);
    const invalid = await created("i", { body: bodyOf("i", '"restartPolicy":"Sometimes",') });
    assert.equal(invalid.code, 422);
    assert.match((await created("Upper")).text, /Invalid value/);
  }
});

test("what nobody checked when it was asked for is checked when it is", async () => {
  const body = (name: string) => bodyOf(name, '"subdomain":"x","subdomain":"y",');
  for (const name of ["k", "l", "m"]) {
    assert.equal((await created(name, { body: body(name), query: "?fieldValidation=Ignore" })).warning, undefined);
  }
  const strict = await created("n", { body: body("n"), query: "?fieldValidation=Strict" });
  assert.match(strict.text, /duplicate field \\"spec.subdomain\\"/);
});

test("a dry run stores nothing", async () => {
  for (let times = 0; times < 3; times++) {
    assert.equal((await created("dry", { query: "?dryRun=All" })).code, 201);
    assert.equal((await askRaw(memory.server, "/api/v1/namespaces/one/pods/dry")).code, 404);
  }
});
