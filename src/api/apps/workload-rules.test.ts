import assert from "node:assert/strict";
import { test } from "node:test";
import { replicationControllerKind } from "../core/replication-controller.ts";
import type { KindDefinition } from "../kind.ts";
import type { AnyObject, ApiObject } from "../meta.ts";
import { cloneJson } from "../patch/json-value.ts";
import { daemonSetKind } from "./daemon-set.ts";
import { deploymentKind } from "./deployment.ts";
import { replicaSetKind } from "./replica-set.ts";
import { statefulSetKind } from "./stateful-set.ts";

const template = {
  metadata: { labels: { a: "b" } },
  spec: { containers: [{ name: "c", image: "nginx" }] },
};
const selector = { matchLabels: { a: "b" } };

function object(spec: object, status?: object): AnyObject {
  const made = { metadata: { name: "a" }, spec: { selector, template, ...spec }, ...(status && { status }) };
  return cloneJson(made) as unknown as AnyObject;
}
const texts = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);
const labelText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const mismatch = 'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`';

const specs: readonly [string, KindDefinition, object, readonly string[]][] = [
  ["a deployment that finds its pods", deploymentKind, {}, []],
  [
    "a deployment without a selector",
    deploymentKind,
    { selector: undefined },
    ["spec.selector: Required value", mismatch],
  ],
  [
    "a deployment that selects everything",
    deploymentKind,
    { selector: {} },
    ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
  ],
  [
    "a replica set with a malformed selector is looked at no further",
    replicaSetKind,
    { selector: { matchLabels: { a: "-" } }, template: {} },
    [
      `spec.selector.matchLabels: Invalid value: "-": ${labelText}`,
      'spec.selector: Invalid value: {"matchLabels":{"a":"-"}}: invalid label selector',
    ],
  ],
  [
    "a deployment's strategy",
    deploymentKind,
    { strategy: { type: "Other" } },
    [
      'spec.strategy: Unsupported value: {"Type":"Other","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
  ],
  [
    "labels of a template",
    deploymentKind,
    { template: { ...template, metadata: { labels: { a: "b", c: "-" } } } },
    [`spec.template.labels: Invalid value: "-": ${labelText}`],
  ],
  ["a daemon set without a selector", daemonSetKind, { selector: undefined }, [mismatch]],
  [
    "a daemon set's strategy",
    daemonSetKind,
    { updateStrategy: { type: "Other" } },
    [
      'spec.updateStrategy: Unsupported value: {"Type":"Other","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
    ],
  ],
  [
    "a stateful set that may lose nothing",
    statefulSetKind,
    { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } } },
    ["spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0"],
  ],
  [
    "what becomes of a stateful set's claims",
    statefulSetKind,
    { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Keep" } },
    [
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Retain", "Delete"',
    ],
  ],
  [
    "mounts of a stateful set's claims",
    statefulSetKind,
    {
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
      template: {
        ...template,
        spec: {
          containers: [
            {
              name: "c",
              image: "nginx",
              volumeMounts: [
                { name: "data", mountPath: "/a" },
                { name: "other", mountPath: "/b" },
              ],
            },
          ],
        },
      },
    },
    ['spec.template.spec.containers[0].volumeMounts[1].name: Not found: "other"'],
  ],
  [
    "a controller without a selector or labels",
    replicationControllerKind,
    { selector: {}, template: { spec: template.spec } },
    ["spec.selector: Required value"],
  ],
];
for (const [name, kind, spec, expected] of specs) {
  test(name, () => {
    const made = object(spec);
    kind.setDefaults!(made);
    assert.deepEqual(texts(kind.validate!(made)), expected);
  });
}

const statuses: readonly [string, KindDefinition, object, readonly string[]][] = [
  [
    "a deployment counts",
    deploymentKind,
    { replicas: 1, readyReplicas: 1, availableReplicas: 2, terminatingReplicas: -1 },
    [
      "status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0",
      "status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas",
      "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas",
      "status.collisionCount: Invalid value: 0: cannot be decremented",
    ],
  ],
  [
    "a stateful set counts",
    statefulSetKind,
    { replicas: 2, readyReplicas: 1, availableReplicas: 2, collisionCount: 3 },
    ["status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas"],
  ],
  [
    "a daemon set counts",
    daemonSetKind,
    { numberUnavailable: -1, collisionCount: 1 },
    [
      "status.numberUnavailable: Invalid value: -1: must be greater than or equal to 0",
      "status.collisionCount: Invalid value: 1: cannot be decremented",
    ],
  ],
];
for (const [name, kind, status, expected] of statuses) {
  test(name, () => {
    const old = object({}, { collisionCount: 2 }) as ApiObject;
    assert.deepEqual(texts(kind.validateStatusUpdate!(object({}, status) as ApiObject, old)), expected);
  });
}

test("a stateful set's name becomes the host name of its pods", () => {
  assert.equal(statefulSetKind.nameRule, "dnsLabel");
  const wrong = object({ serviceName: "A" });
  assert.match(
    texts(statefulSetKind.validateCreate!(wrong)).join(),
    /^spec\.serviceName: Invalid value: "A": a lowercase/,
  );
});

test("what is absent is empty, and has defaults", () => {
  for (const kind of [deploymentKind, replicaSetKind]) {
    const made = { metadata: { name: "a" } } as AnyObject;
    kind.setDefaults!(made);
    assert.deepEqual(texts(kind.validate!(made)), [
      "spec.selector: Required value",
      "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
      "spec.template.spec.containers: Required value",
    ]);
  }
});

test("a daemon set keeps count of its template's changes", () => {
  const key = "deprecated.daemonset.template.generation";
  const counted = (count?: string) => ({
    ...object({}),
    metadata: { name: "a", ...(count !== undefined && { annotations: { [key]: count } }) },
  });
  const countOf = ({ metadata }: ApiObject): string | undefined => metadata?.annotations?.[key];
  for (const [given, expected] of [
    [undefined, "1"],
    ["-2", "1"],
    ["7", "7"],
  ] as const) {
    const made = counted(given);
    daemonSetKind.prepareForCreate!(made);
    assert.equal(countOf(made), expected);
  }
  for (const prepare of [daemonSetKind.prepareForUpdate!, daemonSetKind.prepareForStatusUpdate!]) {
    const [dropped, forged] = [counted(), counted("9")];
    for (const each of [dropped, forged]) prepare(each, counted("7"));
    assert.deepEqual([countOf(dropped), countOf(forged)], ["7", "7"]);
  }
});
