import assert from "node:assert/strict";
import { test } from "node:test";
import { type DefinitionV1beta1, definitionFromV1beta1 } from "./convert-v1beta1.ts";

const names = { plural: "boats", singular: "boat", kind: "Boat", listKind: "BoatList" };
const base = { group: "sea.example.com", names, scope: "Cluster" };
const schema = { openAPIV3Schema: { type: "object" } };

const converted = (spec: object, status?: object) =>
  definitionFromV1beta1({
    apiVersion: "apiextensions.k8s.io/v1beta1",
    kind: "CustomResourceDefinition",
    metadata: { name: "boats.sea.example.com" },
    spec: { ...base, preserveUnknownFields: false, ...spec },
    ...(status && { status }),
  } as unknown as DefinitionV1beta1);

test("what the versions have in common becomes each version's own", () => {
  const { apiVersion, spec } = converted({
    version: "v1",
    validation: schema,
    subresources: { status: {} },
    selectableFields: [{ jsonPath: ".spec.flag" }],
    additionalPrinterColumns: [{ name: "Flag", type: "string", JSONPath: ".spec.flag" }],
    versions: [
      { name: "v1", served: true, storage: true },
      { name: "v2", served: true, storage: false },
    ],
  });
  const common = {
    schema,
    subresources: { status: {} },
    selectableFields: [{ jsonPath: ".spec.flag" }],
    additionalPrinterColumns: [{ name: "Flag", type: "string", jsonPath: ".spec.flag" }],
  };
  assert.equal(apiVersion, "apiextensions.k8s.io/v1");
  assert.deepEqual(spec, {
    ...base,
    conversion: { strategy: "None" },
    versions: [
      { name: "v1", served: true, storage: true, ...common },
      { name: "v2", served: true, storage: false, ...common },
    ],
  });
});

test("what a version says for itself is kept", () => {
  const { spec } = converted({
    version: "v1",
    versions: [
      { name: "v1", served: true, storage: true, schema },
      {
        name: "v2",
        served: true,
        storage: false,
        additionalPrinterColumns: [{ name: "Flag", type: "string", JSONPath: ".flag" }],
      },
    ],
  });
  assert.deepEqual(spec.versions, [
    { name: "v1", served: true, storage: true, schema },
    {
      name: "v2",
      served: true,
      storage: false,
      additionalPrinterColumns: [{ name: "Flag", type: "string", jsonPath: ".flag" }],
    },
  ]);
});

test("defaults are those of v1beta1", () => {
  const { spec, status } = converted({
    version: "v1",
    names: { plural: "boats", kind: "Boat" },
    scope: undefined,
    preserveUnknownFields: undefined,
  });
  assert.deepEqual(spec, {
    group: "sea.example.com",
    names,
    scope: "Namespaced",
    preserveUnknownFields: true,
    conversion: { strategy: "None" },
    versions: [{ name: "v1", served: true, storage: true }],
  });
  assert.deepEqual(status, { storedVersions: ["v1"] });
  assert.deepEqual(converted({ version: "v2" }, { storedVersions: ["v1", "v2"] }).status?.storedVersions, ["v1", "v2"]);
});

test("a webhook moves into its own field, and speaks v1beta1 unless it says otherwise", () => {
  const webhookClientConfig = { service: { namespace: "a", name: "b" }, caBundle: "Q0E=" };
  const conversionOf = (conversion: object) => converted({ version: "v1", conversion }).spec.conversion;
  const clientConfig = { service: { namespace: "a", name: "b", port: 443 }, caBundle: "Q0E=" };
  assert.deepEqual(conversionOf({ strategy: "Webhook", webhookClientConfig }), {
    strategy: "Webhook",
    webhook: { clientConfig, conversionReviewVersions: ["v1beta1"] },
  });
  assert.deepEqual(
    conversionOf({ strategy: "Webhook", webhookClientConfig, conversionReviewVersions: ["v1", "v1beta1"] }),
    { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1", "v1beta1"] } },
  );
  assert.deepEqual(conversionOf({ strategy: "None" }), { strategy: "None" });
});
