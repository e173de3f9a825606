import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const STRATEGIC = "application/strategic-merge-patch+json";
const MERGE = "application/merge-patch+json";
const JSON_PATCH = "application/json-patch+json";

const deployment = {
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web" }] } },
  },
};

/** Type of the patch, the patch, and what is told of it after `patch: `. */
const refused: readonly [string, unknown, string | RegExp][] = [
  [
    STRATEGIC,
    { metadata: { labels: "invalid" } },
    'Invalid value: "map[metadata:map[labels:invalid]]": cannot restore map from string',
  ],
  [
    STRATEGIC,
    { spec: { replicas: "many", paused: null } },
    'Invalid value: "map[spec:map[paused:<nil> replicas:many]]": unrecognized type: int32',
  ],
  [
    STRATEGIC,
    { spec: { replicas: 1.5 } },
    'Invalid value: "map[spec:map[replicas:1.5]]": cannot convert float64 to int32',
  ],
  [STRATEGIC, { spec: { paused: 1 } }, 'Invalid value: "map[spec:map[paused:1]]": unrecognized type: bool'],
  [
    STRATEGIC,
    { metadata: { labels: { a: 1 } } },
    'Invalid value: "map[metadata:map[labels:map[a:1]]]": cannot convert int64 to string',
  ],
  [
    STRATEGIC,
    { spec: { template: true } },
    'Invalid value: "map[spec:map[template:true]]": cannot restore struct from: bool',
  ],
  [
    STRATEGIC,
    { metadata: { finalizers: { a: "b" } } },
    /Invalid value: "map\[metadata:map\[finalizers:map\[a:b\]\]\]": cannot restore slice from map$/,
  ],
  [
    STRATEGIC,
    { spec: { bogus: [1, "a"] } },
    'Invalid value: "map[spec:map[bogus:[1 a]]]": strict decoding error: unknown field "spec.bogus"',
  ],
  [
    MERGE,
    { metadata: { labels: "invalid" } },
    /^Invalid value: "\{\\".*\\"labels\\":\\"invalid\\".*\}": json: cannot unmarshal string into Go struct field ObjectMeta\.metadata\.labels of type map\[string\]string$/,
  ],
  [MERGE, { spec: { bogus: 1 } }, /^Invalid value: "\{.*\}": strict decoding error: unknown field "spec\.bogus"$/],
  [
    JSON_PATCH,
    [{ op: "replace", path: "/spec/replicas", value: "x" }],
    /^Invalid value: "\{.*\}": json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32$/,
  ],
];

suite("patches whose outcome cannot be read", () => {
  let memory: MemoryServer;
  before(async () => {
    memory = await startMemoryServer();
    const made = await askRaw(memory.server, DEPLOYMENTS, { method: "POST", body: JSON.stringify(deployment) });
    assert.equal(made.code, 201);
  });
  after(() => memory.close());

  for (const [contentType, patch, told] of refused) {
    test(`${contentType} ${JSON.stringify(patch)}`, async () => {
      const request = { method: "PATCH", contentType, body: JSON.stringify(patch) };
      const answer = await askRaw(memory.server, `${DEPLOYMENTS}/web?fieldValidation=Strict`, request);
      assert.equal(answer.code, 422, answer.text);
      const { message, details, reason } = answer.json();
      const [cause] = details.causes;
      assert.equal(reason, "Invalid");
      assert.equal(message, ` "" is invalid: patch: ${cause.message}`);
      // kubectl says "The request is invalid" only where no kind and no name is told.
      assert.deepEqual(Object.keys(details), ["causes"]);
      assert.deepEqual([cause.reason, cause.field], ["FieldValueInvalid", "patch"]);
      if (typeof told === "string") assert.equal(cause.message, told);
      else assert.match(cause.message, told);
    });
  }

  test("the object stays as it was", async () => {
    const { metadata, spec } = (await askRaw(memory.server, `${DEPLOYMENTS}/web`)).json();
    assert.deepEqual([metadata.labels, metadata.generation, spec.replicas], [{ app: "web" }, 1, 1]);
  });

  test("of a scale too", async () => {
    const request = { method: "PATCH", contentType: MERGE, body: '{"spec":{"replicas":"x"}}' };
    const answer = await askRaw(memory.server, `${DEPLOYMENTS}/web/scale`, request);
    assert.equal(answer.code, 422);
    assert.match(answer.json().message, /^ "" is invalid: patch: Invalid value: .* of type int32$/);
  });
});
