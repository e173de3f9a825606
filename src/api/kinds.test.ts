import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "./field-error.ts";
import type { Deployment } from "./generated/apps/v1.ts";
import { findKind, kindDefinitions } from "./kinds.ts";
import type { AnyObject } from "./meta.ts";
import { tableOf } from "./table.ts";

const lines = (errors: FieldError[] | undefined): string[] =>
  (errors ?? []).map((error) => `${error.field}: ${error.message}`);

test("every kind is listed once", () => {
  const names = kindDefinitions.map(({ group, version, kind }) => `${group}/${version}/${kind}`);
  assert.equal(new Set(names).size, names.length);
  assert.equal(findKind("apps", "v1", "Deployment")?.kind, "Deployment");
  assert.equal(findKind("apps", "v1", "Pod"), undefined);
});

/** What is wrong with the status of an object with nothing but a name. */
const ASKING: Readonly<Record<string, readonly string[]>> = {
  PersistentVolumeClaim: ["Spec.accessModes: Required value"],
  CertificateSigningRequest: [
    'spec.request: Invalid value: "": PEM block type must be CERTIFICATE REQUEST',
    "spec.usages: Required value",
    "spec.signerName: Required value",
  ],
};

for (const definition of kindDefinitions) {
  const name = `${definition.kind} ${definition.group || "core"}/${definition.version}`;
  test(`${name}: an object with nothing but a name never crashes the rules`, () => {
    const object: AnyObject = { metadata: { name: "a", namespace: "default" } };
    definition.setDefaults?.(object);
    definition.prepareForCreate?.(object);
    definition.setDefaults?.(object);
    const once = structuredClone(object);
    definition.setDefaults?.(object);
    assert.deepEqual(object, once, "defaults are idempotent");
    definition.validate?.(object);
    definition.validateCreate?.(object);
    const old = structuredClone(object);
    definition.prepareForUpdate?.(object, old);
    const wrong = lines(definition.validateUpdate?.(object, old));
    // A definition is validated whole when it changes, for what was wrong before may stay.
    if (definition.kind !== "CustomResourceDefinition") assert.deepEqual(wrong, [], "no change is a valid change");
    const wrongStatus = lines(definition.validateStatusUpdate?.(object, old));
    // The status of some is validated together with what they ask for.
    assert.deepEqual(wrongStatus, ASKING[definition.kind] ?? []);
    for (const read of Object.values(definition.selectableFields ?? {})) assert.equal(typeof read(object), "string");
    const table = tableOf(definition, [object], { nowMs: 0 });
    assert.equal(table.rows[0]!.cells.length, table.columnDefinitions.length);
    assert.ok(table.rows[0]!.cells.every((cell) => cell !== undefined));
  });
}

function deployment(change: (spec: NonNullable<Deployment["spec"]>) => void = () => {}): Deployment {
  const made: Deployment = {
    metadata: { name: "web", namespace: "default" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "x" }] } },
    },
  };
  change(made.spec!);
  findKind("apps", "v1", "Deployment")!.setDefaults!(made);
  return made;
}

const wrong: readonly [string, Deployment, string][] = [
  [
    "selector that does not match",
    deployment((spec) => (spec.selector = { matchLabels: { app: "db" } })),
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    "empty selector",
    deployment((spec) => (spec.selector = {})),
    "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
  ],
  [
    "replicas",
    deployment((spec) => (spec.replicas = -1)),
    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    "recreate with rolling update",
    deployment((spec) => (spec.strategy = { type: "Recreate", rollingUpdate: {} })),
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    "no room to roll",
    deployment((spec) => (spec.strategy = { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } })),
    "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
  ],
  [
    "restart policy",
    deployment((spec) => (spec.template.spec!.restartPolicy = "Never")),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    "deadline",
    deployment((spec) => Object.assign(spec, { progressDeadlineSeconds: 5, minReadySeconds: 5 })),
    "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
  ],
  [
    "an image in the template",
    deployment((spec) => (spec.template.spec!.containers[0]!.image = "")),
    "spec.template.spec.containers[0].image: Required value",
  ],
];
for (const [name, object, expected] of wrong) {
  test(`deployment refused: ${name}`, () => {
    const errors = lines(findKind("apps", "v1", "Deployment")!.validate!(object));
    assert.ok(errors.includes(expected), `expected ${expected}\ngot ${errors.join("\n")}`);
  });
}

test("a plain deployment is valid, gets upstream's defaults and keeps its selector", () => {
  const kind = findKind("apps", "v1", "Deployment")!;
  const made = deployment();
  assert.deepEqual(kind.validate!(made), []);
  const { replicas, strategy, revisionHistoryLimit, progressDeadlineSeconds } = made.spec!;
  assert.deepEqual(
    { replicas, strategy, revisionHistoryLimit, progressDeadlineSeconds },
    {
      replicas: 1,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
  );
  const changed = deployment((spec) => (spec.selector = { matchLabels: { app: "db" } }));
  assert.deepEqual(lines(kind.validateUpdate!(changed, made)), [
    'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable',
  ]);
  assert.deepEqual(tableOf(kind, [made], { nowMs: 0 }).rows[0]!.cells, [
    "web",
    "0/1",
    0,
    0,
    "<unknown>",
    "c",
    "x",
    "app=web",
  ]);
});

test("secrets: text becomes data, and types say what must be there", () => {
  const kind = findKind("", "v1", "Secret")!;
  const made: AnyObject = { metadata: { name: "a" }, data: { a: "MQ==" }, stringData: { b: "two" } };
  kind.setDefaults!(made);
  assert.deepEqual(made, { metadata: { name: "a" }, type: "Opaque", data: { a: "MQ==", b: "dHdv" } });
  assert.deepEqual(lines(kind.validate!({ type: "kubernetes.io/tls", data: { "tls.crt": "" } } as AnyObject)), [
    "data[tls.key]: Required value",
  ]);
  const immutable: AnyObject = { ...made, immutable: true };
  assert.deepEqual(lines(kind.validateUpdate!({ ...immutable, data: {} } as AnyObject, immutable)), [
    "data: Forbidden: field is immutable when `immutable` is set",
  ]);
  assert.equal(kind.selectableFields!.type!(made), "Opaque");
});

test("config maps hold one mebibyte", () => {
  const kind = findKind("", "v1", "ConfigMap")!;
  const big = { data: { a: "x".repeat(1024 * 1024 + 1) } } as AnyObject;
  assert.deepEqual(lines(kind.validate!(big)), ["[]: Too long: may not be more than 1048576 bytes"]);
  assert.equal(kind.validate!({ data: { "a/b": "" } } as AnyObject).length, 1);
});

test("namespaces carry their name as a label and the finalizer", () => {
  const kind = findKind("", "v1", "Namespace")!;
  const made: AnyObject = { metadata: { name: "a" } };
  kind.setDefaults!(made);
  kind.prepareForCreate!(made);
  assert.deepEqual(made, {
    metadata: { name: "a", labels: { "kubernetes.io/metadata.name": "a" } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
});

test("nodes show their status and roles", () => {
  const node: AnyObject = {
    metadata: { name: "n", labels: { "node-role.kubernetes.io/control-plane": "" } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      nodeInfo: { kubeletVersion: "v1.36.0" },
    },
  };
  assert.deepEqual(tableOf(findKind("", "v1", "Node"), [node], { nowMs: 0 }).rows[0]!.cells.slice(0, 7), [
    "n",
    "Ready,SchedulingDisabled",
    "control-plane",
    "<unknown>",
    "v1.36.0",
    "10.0.0.1",
    "<none>",
  ]);
});
