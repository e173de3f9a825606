import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCel } from "../../api/cel/load-cel.ts";
import { openApiTypes } from "../../api/cel/openapi-types.ts";
import type { ValidatingAdmissionPolicy } from "../../api/generated/admissionregistration.k8s.io/v1.ts";
import { namedResources } from "./checked-kinds.ts";
import { typeCheck } from "./type-check.ts";

const cel = await loadCel();
const types = openApiTypes({
  Widget: {
    type: "object",
    properties: {
      metadata: { allOf: [{ $ref: "#/components/schemas/Meta" }] },
      spec: {
        type: "object",
        properties: {
          replicas: { type: "integer" },
          port: { format: "int-or-string" },
          names: { type: "array", items: { type: "string" } },
          nested: { $ref: "#/components/schemas/Widget" },
        },
      },
    },
  },
  Meta: { type: "object", properties: { labels: { type: "object", additionalProperties: { type: "string" } } } },
});
const widget = { kind: { group: "example.com", version: "v1", kind: "Widget" }, type: types("Widget") };

function policy(
  expression: string,
  more: Partial<NonNullable<ValidatingAdmissionPolicy["spec"]>> = {},
): ValidatingAdmissionPolicy {
  return { metadata: { name: "p", generation: 1 }, spec: { validations: [{ expression }], ...more } };
}

const check = (checked: ValidatingAdmissionPolicy, params?: ReturnType<typeof types>) =>
  typeCheck(checked, { cel, kinds: [widget], params });

test("expressions that fit the schema give no warning", () => {
  for (const expression of [
    "object.spec.replicas > 1 && object.spec.names.all(n, n.startsWith('a'))",
    "object.metadata.labels['a'] == 'b' && object.spec.port == 80",
    "object.spec.nested.spec.nested.spec.replicas == 2",
    "request.namespace == 'a' && namespaceObject.metadata.name == 'a'",
  ])
    assert.deepEqual(check(policy(expression)), [], expression);
});

test("what does not fit is told with the kind and the place", () => {
  assert.deepEqual(check(policy("object.spec.replicass > 1")), [
    {
      fieldRef: "spec.validations[0].expression",
      warning:
        "example.com/v1, Kind=Widget: ERROR: <input>:1:12: undefined field 'replicass'\n | object.spec.replicass > 1\n | ...........^\n",
    },
  ]);
  const [mixed] = check(policy("object.spec.replicas > '1'"));
  assert.match(mixed?.warning ?? "", /found no matching overload for '_>_' applied to '\(int, string\)'/);
  const variables = [{ name: "count", expression: "object.spec.replicas" }];
  const [own] = check(policy("variables.count == 'x'", { variables }));
  assert.match(own?.warning ?? "", /applied to '\(int, string\)'/);
});

test("params have the type of their kind", () => {
  const checked = policy("params.spec.replicas == 1 && params.other == 2", {
    paramKind: { apiVersion: "example.com/v1", kind: "Widget" },
  });
  assert.match(check(checked, types("Widget"))[0]?.warning ?? "", /undefined field 'other'/);
});

test("only rules that name their resources outright have types", () => {
  assert.deepEqual(
    namedResources([
      { apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments", "deployments/scale", "*"] },
      { apiGroups: ["*"], apiVersions: ["v1"], resources: ["pods"] },
    ]),
    [{ group: "apps", version: "v1", resource: "deployments" }],
  );
});
