import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { namespaces, priorityClasses } from "../../api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw, type RawAnswer } from "../testing/raw-door.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const OPERATIONS = "application/json-patch+json";
const APPLY = "application/apply-patch+yaml";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
  await memory.client.create(namespaces, { metadata: { name: "shop" } });
  await memory.client.create(priorityClasses, { metadata: { name: "high" }, value: 1 });
  const metadata = { name: "web", labels: { app: "web" } };
  const template = { metadata, spec: { containers: [{ name: "web", image: "web" }] } };
  const spec = { selector: { matchLabels: { app: "web" } }, template };
  const { code } = await askRaw(memory.server, DEPLOYMENTS, {
    method: "POST",
    body: JSON.stringify({ metadata, spec }),
  });
  assert.equal(code, 201);
});
after(() => memory.close());

function patch(contentType: string, body: string, query = ""): Promise<RawAnswer> {
  return askRaw(memory.server, `${DEPLOYMENTS}/web${query}`, { method: "PATCH", body, contentType });
}

// Code and message as upstream gives them.
for (const [what, type, body, code, message] of [
  ["another kind", MERGE, '{"kind":"Pot"}', 422, /: no kind "Pot" is registered for version "apps\/v1" in scheme/],
  ["a list", MERGE, "[1]", 400, /^error decoding patch: json: cannot unmarshal array into Go value of type map/],
  ["a list", STRATEGIC, "[1]", 400, /^json: cannot unmarshal array into Go value of type map/],
  ["null", MERGE, "null", 400, /^Invalid JSON Patch$/],
  ["no JSON", MERGE, '{"spec', 400, /^error decoding patch: /],
  [
    "an object",
    OPERATIONS,
    "{}",
    400,
    /^error decoding patch: json: cannot unmarshal object into Go value of type \[\]h/,
  ],
  ["another namespace", MERGE, '{"metadata":{"namespace":"pets"}}', 400, /namespace of the provided object does not/],
  ["another uid", MERGE, '{"metadata":{"uid":"x"}}', 422, /metadata\.uid: Invalid value: "x": field is immutable$/],
] as const) {
  test(`${type}: ${what}`, async () => {
    const answer = await patch(type, body);
    assert.equal(answer.code, code, answer.text);
    assert.match(answer.json().message, message);
  });
}

test("objects of the cluster have no namespace, whatever a patch or PUT says", async () => {
  const path = "/apis/scheduling.k8s.io/v1/priorityclasses/high";
  const body = '{"metadata":{"namespace":"shop","labels":{"a":"b"}}}';
  const { code, json } = await askRaw(memory.server, path, { method: "PATCH", body, contentType: MERGE });
  assert.deepEqual([code, json().metadata.namespace, json().metadata.labels.a], [200, undefined, "b"]);
  const put = JSON.stringify({ ...json(), metadata: { ...json().metadata, namespace: "shop" } });
  assert.equal((await askRaw(memory.server, path, { method: "PUT", body: put })).code, 200);
});

// Upstream's testFieldValidationPatchTyped and testFieldValidationSMP.
const TWICE = `{"spec":{"unknown1":"a","unknownDupe":"a","unknownDupe":"b","paused":true,"paused":false,
  "template":{"spec":{"containers":[{"name":"web","image":"web","imagePullPolicy":"Always","imagePullPolicy":"Never"}]}}}}`;
const TOLD = [
  'duplicate field "spec.unknownDupe"',
  'duplicate field "spec.paused"',
  'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
  'unknown field "spec.unknown1"',
  'unknown field "spec.unknownDupe"',
];
const ODD_OPERATIONS = `[{"op":"add","path":"/spec/unknown1","value":"a","foo":"bar"},
  {"op":"add","path":"/spec/unknown2","path":"/spec/unknown3","value":"a"}]`;
const TOLD_OF_OPERATIONS = [
  'json patch unknown field "[0].foo"',
  'json patch duplicate field "[1].path"',
  'unknown field "spec.unknown1"',
  'unknown field "spec.unknown3"',
];
for (const [type, body, told] of [
  [MERGE, TWICE, TOLD],
  [STRATEGIC, TWICE, TOLD],
  [OPERATIONS, ODD_OPERATIONS, TOLD_OF_OPERATIONS],
] as const) {
  test(`${type}: unknown fields and fields that come twice are refused, told or passed over`, async () => {
    const strict = await patch(type, body, "?fieldValidation=Strict");
    assert.equal(strict.code, 422);
    assert.ok(strict.json().message.endsWith(`: strict decoding error: ${told.join(", ")}`), strict.json().message);
    const warned = await patch(type, body, "?dryRun=All");
    assert.deepEqual(
      [warned.headers.warning].flat(),
      told.map((each) => `299 - ${JSON.stringify(each)}`),
    );
    const ignored = await patch(type, body, "?dryRun=All&fieldValidation=Ignore");
    assert.deepEqual([ignored.code, ignored.headers.warning], [200, undefined]);
  });
}

test("what is wrong with an object that is created is told in its own order", async () => {
  const body =
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"odd"},"spec":{"colour":1,"paused":true,"paused":false}}';
  const collection = "/apis/apps/v1/namespaces/shop/deployments";
  const strict = await askRaw(memory.server, `${collection}?fieldValidation=Strict`, { method: "POST", body });
  assert.equal(strict.code, 400);
  const told = 'strict decoding error: unknown field "spec.colour", duplicate field "spec.paused"';
  assert.ok(strict.json().message.endsWith(told), strict.json().message);
});

test("what is wrong with an object in YAML is told by its keys", async () => {
  const body = "metadata: {name: odd, zone: a}\nspec: {zeal: 1, paused: true, colour: 2}\n";
  const collection = "/apis/apps/v1/namespaces/shop/deployments";
  const sent = { method: "POST", body, contentType: "application/yaml" };
  const strict = await askRaw(memory.server, `${collection}?fieldValidation=Strict`, sent);
  const told = 'unknown field "metadata.zone", unknown field "spec.colour", unknown field "spec.zeal"';
  assert.ok(strict.json().message.endsWith(`strict decoding error: ${told}`), strict.json().message);
});

test("an applied configuration that says something twice", async () => {
  const body =
    '{"apiVersion":"apps/v1","kind":"Deployment",\n"spec":{"paused":true,"paused":false,\n"minReadySeconds":1,"minReadySeconds":2}}';
  const strict = await patch(APPLY, body, "?fieldManager=m&fieldValidation=Strict");
  assert.equal(strict.code, 400);
  assert.equal(
    strict.json().message,
    'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key "paused" already set in map\n  line 3: key "minReadySeconds" already set in map',
  );
  const warned = await patch(APPLY, body, "?fieldManager=m&dryRun=All");
  assert.deepEqual([warned.code, [warned.headers.warning].flat().length], [200, 2]);
});

for (const [what, said, code, message] of [
  [
    "another version",
    { apiVersion: "extensions/v1beta1" },
    400,
    /^invalid object type: extensions\/v1beta1, Kind=Deployment$/,
  ],
  ["no kind that is one", { kind: { a: 1 } }, 400, /^invalid object type: apps\/v1, Kind=$/],
  [
    "a value of another type",
    { spec: { replicas: "x" } },
    400,
    /^failed to create typed patch object \(shop\/web; apps\/v1, Kind=Deployment\): \.spec\.replicas: expected numeric/,
  ],
  [
    "a key twice",
    { spec: { template: { spec: { containers: [{ name: "a" }, { name: "a" }] } } } },
    400,
    /^failed to create typed patch object \(.*\): \.spec\.template\.spec\.containers: duplicate entries for key \[name="a"\]$/,
  ],
  [
    "a container without a name",
    { spec: { template: { spec: { containers: [{ image: "b" }] } } } },
    422,
    /spec\.template\.spec\.containers\[1\]\.name: Required value/,
  ],
  [
    "the uid of another object",
    { metadata: { uid: "x" } },
    422,
    /metadata\.uid: Invalid value: "x": field is immutable$/,
  ],
] as const) {
  test(`an applied configuration with ${what}`, async () => {
    const body = JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", ...said });
    const answer = await patch(APPLY, body, "?fieldManager=m");
    assert.equal(answer.code, code, answer.text);
    assert.match(answer.json().message, message);
  });
}

test("an applied configuration that names a uid creates nothing", async () => {
  const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"uid":"x"}}';
  const path = "/api/v1/namespaces/shop/configmaps/none?fieldManager=m";
  const { code, json } = await askRaw(memory.server, path, { method: "PATCH", body, contentType: APPLY });
  assert.equal(code, 409);
  assert.match(
    json().message,
    /: uid mismatch: the provided object specified uid x, and no existing object was found$/,
  );
});

test("nobody owns anything any longer where the list of managers comes empty, in any form", async () => {
  const path = "/api/v1/namespaces/shop/configmaps/reset";
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "reset" }, data: { a: "b" } };
  const emptied = { ...body, metadata: { name: "reset", managedFields: [] } };
  const operation = { op: "replace", path: "/metadata/managedFields", value: [] };
  for (const [method, contentType, sent] of [
    ["PUT", "application/json", emptied],
    ["PUT", "application/json", { ...body, metadata: { name: "reset", managedFields: [{}] } }],
    ["PATCH", MERGE, { metadata: { managedFields: [] } }],
    ["PATCH", STRATEGIC, { metadata: { managedFields: [{}] } }],
    ["PATCH", OPERATIONS, [operation]],
  ] as const) {
    await askRaw(memory.server, path, { method: "DELETE" });
    const made = await askRaw(memory.server, "/api/v1/namespaces/shop/configmaps", {
      method: "POST",
      body: JSON.stringify(body),
    });
    assert.equal(made.json().metadata.managedFields.length, 1);
    const { code, json } = await askRaw(memory.server, path, { method, contentType, body: JSON.stringify(sent) });
    assert.deepEqual([code, json().metadata.managedFields], [200, undefined], `${method} ${contentType}`);
  }
});

test("who owns nothing is no manager", async () => {
  const body = '{"apiVersion":"v1","kind":"ConfigMap"}';
  const path = "/api/v1/namespaces/shop/configmaps/bare?fieldManager=m";
  const { code, json } = await askRaw(memory.server, path, { method: "PATCH", body, contentType: APPLY });
  assert.deepEqual([code, json().metadata.managedFields], [201, undefined]);
});

test("kubectl takes from its client-side applies what is as they left it, and nothing else", async () => {
  const template = { metadata: { labels: { app: "my" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const said = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "my" }, spec: { replicas: 3, template } };
  const note = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(said) };
  const live = {
    metadata: { name: "my", annotations: note },
    spec: { replicas: 100, selector: { matchLabels: { app: "my" } }, template },
  };
  await askRaw(memory.server, DEPLOYMENTS, { method: "POST", body: JSON.stringify(live) });
  const apply = (spec: object): Promise<RawAnswer> => {
    const body = JSON.stringify({ ...said, spec });
    const path = `${DEPLOYMENTS}/my?fieldManager=kubectl`;
    return askRaw(memory.server, path, { method: "PATCH", body, contentType: APPLY });
  };
  const refused = await apply({ replicas: 3, template });
  assert.equal(refused.code, 409);
  const { causes } = refused.json().details;
  assert.deepEqual(
    causes.map(({ field }: { field: string }) => field),
    [".spec.replicas"],
  );
  const image = { ...template, spec: { containers: [{ name: "c", image: "new" }] } };
  const taken = (await apply({ template: image })).json();
  assert.deepEqual([taken.spec.replicas, taken.spec.template.spec.containers[0].image], [100, "new"]);
});
