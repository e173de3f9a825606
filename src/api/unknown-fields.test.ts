import assert from "node:assert/strict";
import { test } from "node:test";
import { findDuplicateFields } from "./duplicate-fields.ts";
import type { JsonObject } from "./patch/json-value.ts";
import { TypeMismatchError } from "./scalar-values.ts";
import { loadSchema } from "./schema-data.ts";
import { cannotBeHandled, fieldWarnings, normalizeObject, strictDecodingMessage } from "./unknown-fields.ts";

const schema = loadSchema();
const deployment = (value: JsonObject) => normalizeObject(value, schema, "io.k8s.api.apps.v1.Deployment");
const pod = (spec: JsonObject) => normalizeObject({ spec }, schema, "io.k8s.api.core.v1.Pod").object.spec;

test("unknown fields are dropped and told with their paths", () => {
  const { object, unknownFields } = deployment({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a", nmae: "b" },
    spec: { replicas: 0, foo: 1, template: { spec: { containers: [{ name: "c", imagee: "x" }] } } },
    extra: {},
  });
  assert.deepEqual(unknownFields, ["metadata.nmae", "spec.foo", "spec.template.spec.containers[0].imagee", "extra"]);
  assert.deepEqual(object, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: { replicas: 0, template: { spec: { containers: [{ name: "c" }] } } },
  });
  assert.equal(
    cannotBeHandled(
      { version: "v1", kind: "Deployment" },
      strictDecodingMessage(fieldWarnings(["spec.foo"], ["spec.bar"])),
    ).message,
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: duplicate field "spec.bar", unknown field "spec.foo"',
  );
  assert.deepEqual(fieldWarnings(["spec.foo"]), ['unknown field "spec.foo"']);
});

const mismatches: readonly [JsonObject, string][] = [
  [{ replicas: "3" }, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"],
  [
    { replicas: 1.5 },
    "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
  ],
  [
    { replicas: 2 ** 31 },
    "json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
  ],
  [{ paused: "no" }, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool"],
  [
    { template: [] },
    "json: cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
  ],
  [
    { template: { spec: { containers: {} } } },
    "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
  ],
  [
    { template: { spec: { containers: [{ resources: { limits: { cpu: "much" } } }] } } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    { strategy: { rollingUpdate: { maxSurge: true } } },
    "json: cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
  ],
];
for (const [spec, message] of mismatches) {
  test(`refused: ${JSON.stringify(spec)}`, () => {
    assert.throws(
      () => deployment({ spec }),
      (error) => error instanceof TypeMismatchError && error.message === message,
    );
  });
}

test("nulls and what omitempty leaves out go, pointers and structs stay", () => {
  assert.deepEqual(
    pod({
      hostNetwork: false,
      hostname: "",
      tolerations: [],
      nodeSelector: {},
      affinity: null,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: {},
      containers: [{ name: "", resources: {}, env: [null], tty: false }],
    }),
    {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: {},
      containers: [{ name: "", resources: {}, env: [{}] }],
    },
  );
});

test("times and quantities are spelled one way", () => {
  const { object } = normalizeObject(
    { spec: { renewTime: "2026-01-01T02:00:00.5+02:00", acquireTime: "2026-01-01T00:00:00.123456789Z" } },
    schema,
    "io.k8s.api.coordination.v1.Lease",
  );
  assert.deepEqual(object.spec, {
    renewTime: "2026-01-01T00:00:00.500000Z",
    acquireTime: "2026-01-01T00:00:00.123456Z",
  });
  assert.deepEqual(pod({ volumes: [{ name: "a", emptyDir: { sizeLimit: 5 } }], containers: [] }), {
    volumes: [{ name: "a", emptyDir: { sizeLimit: "5" } }],
    containers: [],
  });
  const secret = (data: JsonObject) => normalizeObject({ data }, schema, "io.k8s.api.core.v1.Secret").object.data;
  assert.deepEqual(secret({ a: "MQ==" }), { a: "MQ==" });
  assert.throws(() => secret({ a: "M*==" }), /illegal base64 data at input byte 1/);
  assert.throws(() => deployment({ metadata: { creationTimestamp: "yesterday" } }), /parsing time "yesterday"/);
});

test("amounts become canonical wherever they stand, but for those that upstream keeps", () => {
  const sizeOf = (sizeLimit: string | number) =>
    (pod({ volumes: [{ name: "a", emptyDir: { sizeLimit } }] }) as { volumes: { emptyDir: object }[] }).volumes[0]
      ?.emptyDir;
  for (const [given, stored] of [
    ["1024Mi", "1Gi"],
    ["1000m", "1"],
    [" 512Mi ", "512Mi"],
    [2048, "2048"],
    ["1.500", "1.500"],
    ["1000E", "1000E"],
    ["9223372036854775808", "9223372036854775808"],
  ] as const) {
    assert.deepEqual(sizeOf(given), { sizeLimit: stored });
  }
});

test("a field named like a part of every object is no way in", () => {
  const { object, unknownFields } = deployment(
    JSON.parse('{"__proto__": {"a": 1}, "constructor": {}, "metadata": {"labels": {"__proto__": "x"}}}'),
  );
  assert.deepEqual(unknownFields, ["__proto__", "constructor"]);
  assert.equal(JSON.stringify(object), '{"metadata":{"labels":{"__proto__":"x"}}}');
});

test("fields that come twice are found in the text", () => {
  const text = '{"a": 1, "b": {"c": [{"d": 1, "d": 2}, "d", {"e": "}\\"", "e": null}], "\\u0063": 2}, "a": true}';
  assert.deepEqual(findDuplicateFields(text), ["b.c[0].d", "b.c[2].e", "b.c", "a"]);
  assert.deepEqual(findDuplicateFields('{"a": {"a": [1, 2]}, "b": []}'), []);
});

test("schemas in definitions are read wherever they stand", () => {
  const definition = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
  const read = (value: JsonObject) => normalizeObject(value, loadSchema(), definition).object;
  assert.deepEqual(read({ items: { type: "string", what: 1, nullable: false } }), { items: { type: "string" } });
  assert.deepEqual(read({ additionalProperties: true }), { additionalProperties: true });
  assert.deepEqual(read({ dependencies: { a: ["b"], c: { type: "string", pattern: "" } } }), {
    dependencies: { a: ["b"], c: { type: "string" } },
  });
  for (const wrong of [
    { items: 5 },
    { items: { required: "a" } },
    { items: [{ properties: { a: 1 } }] },
    { additionalProperties: "yes" },
    { additionalProperties: { items: { maxLength: "3" } } },
    { dependencies: { a: [1] } },
  ]) {
    assert.throws(() => read(wrong), TypeMismatchError, JSON.stringify(wrong));
  }
});

test("what is shared with an object that was read before is taken as it is; all else is read", () => {
  const known = { metadata: { name: "a", labels: { x: "y" } }, spec: { containers: [{ name: "c" }] } };
  const value = {
    metadata: { name: "a", labels: known.metadata.labels, annotations: { n: null } },
    spec: known.spec,
    status: { phase: "Running", extra: 1 },
  };
  const definition = "io.k8s.api.core.v1.Pod";
  const { object, unknownFields } = normalizeObject(value as unknown as JsonObject, schema, definition, { known });
  assert.equal(object.spec, known.spec);
  assert.equal((object.metadata as JsonObject).labels, known.metadata.labels);
  assert.deepEqual((object.metadata as JsonObject).annotations, { n: "" });
  assert.deepEqual([object.status, unknownFields], [{ phase: "Running" }, ["status.extra"]]);
  // Equal, and not the same: that is read like anything else.
  const copy = normalizeObject(structuredClone(value) as unknown as JsonObject, schema, definition, { known });
  assert.notEqual(copy.object.spec, known.spec);
  assert.deepEqual(copy.object, object);
});
