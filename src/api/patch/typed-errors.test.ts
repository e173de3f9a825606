import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema } from "../schema-data.ts";
import type { JsonObject } from "./json-value.ts";
import { typedErrors } from "./typed-errors.ts";

const DEPLOYMENT = "io.k8s.api.apps.v1.Deployment";
const web = { name: "web", image: "web" };
const pod = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } });
const containers = (...list: unknown[]): JsonObject => pod({ containers: list });
const AT = '.spec.template.spec.containers[name="web"]';
const OMITS = `associative list with keys has an element that omits all key fields ["name"] (and doesn't have default values for any key fields)`;

const cases: readonly (readonly [string, JsonObject, readonly string[]])[] = [
  ["nothing wrong", { metadata: { labels: { a: "b" } }, spec: { replicas: 1, paused: true } }, []],
  ["nulls", { metadata: null, spec: { replicas: null, template: null } }, []],
  ["quantities in any form", containers({ ...web, resources: { limits: { cpu: 1, memory: "1Gi" } } }), []],
  ["a text for a number", { spec: { replicas: "x" } }, [".spec.replicas: expected numeric (int or float), got string"]],
  [
    "a number for a text",
    { metadata: { labels: { a: 1 } } },
    [".metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}"],
  ],
  [
    "a list and a map for texts",
    { metadata: { labels: { a: ["b", null], c: { d: 1 } } } },
    [
      '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:[]interface {}{"b", interface {}(nil)}}',
      '.metadata.labels.c: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"d":1}}',
    ],
  ],
  [
    "no quantity",
    containers({ ...web, resources: { limits: { cpu: {} } } }),
    [`${AT}.resources.limits.cpu: expected any scalar, got &{map[]}`],
  ],
  [
    "what a set cannot hold",
    { metadata: { finalizers: ["a", null, [], {}] } },
    [
      "associative list without keys has an element that's an explicit null",
      "not supported: associative list with lists as elements",
      "associative list without keys has an element that's a map type",
    ].map((why, index) => `.metadata.finalizers: element ${index + 1}: ${why}`),
  ],
  [
    "what is no element with keys",
    pod({ containers: [null, 1] }),
    ["a null element", "non-map elements"].map(
      (what, index) =>
        `.spec.template.spec.containers: element ${index}: associative list with keys may not have ${what}`,
    ),
  ],
  ["a text for a flag", { spec: { paused: "x" } }, [".spec.paused: expected boolean, got &{x}"]],
  ["a text for a list", pod({ containers: "x" }), [".spec.template.spec.containers: expected list, got &{x}"]],
  ["a list for a struct", { spec: [1] }, [".spec: expected map, got &{[1]}"]],
  [
    "unknown fields",
    containers({ ...web, b: 1, a: 1 }),
    ["b", "a"].map((key) => `${AT}.${key}: field not declared in schema`),
  ],
  ["a key that is missing, which Go writes nevertheless", containers({ image: "web" }), []],
  [
    "that key twice",
    containers({}, { name: "" }),
    ['.spec.template.spec.containers: duplicate entries for key [name=""]'],
  ],
  [
    "an element twice",
    containers(web, web),
    ['.spec.template.spec.containers: duplicate entries for key [name="web"]'],
  ],
  [
    "keys with defaults",
    containers({ ...web, ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }] }),
    [`${AT}.ports: duplicate entries for key [containerPort=80,protocol="TCP"]`],
  ],
  ["a key of several that is missing", containers({ ...web, ports: [{ protocol: "UDP" }, { protocol: "TCP" }] }), []],
  [
    "elements without keys",
    containers({ ...web, args: [1] }),
    [`${AT}.args[0]: expected string, got &value.valueUnstructured{Value:1}`],
  ],
];

for (const [what, value, expected] of cases) {
  test(what, () => assert.deepEqual(typedErrors(value, loadSchema(), DEPLOYMENT), expected));
}

test("an element without any key that Go writes", () => {
  const account = { secrets: [{ namespace: "a" }] };
  const errors = typedErrors(account, loadSchema(), "io.k8s.api.core.v1.ServiceAccount");
  assert.deepEqual(errors, [`.secrets: element 0: ${OMITS}`]);
});
