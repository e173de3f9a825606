import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from "../generated/apiextensions.k8s.io/v1.ts";
import { validateDefinition } from "./validate-definition.ts";
import { validateSchemas } from "./validate-schemas.ts";

const text = { type: "string" };
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "object",
  properties,
  ...more,
});
const version = (
  name: string,
  openAPIV3Schema: JSONSchemaProps | undefined,
  more: Partial<CustomResourceDefinitionVersion> = {},
): CustomResourceDefinitionVersion => ({
  ...{ name, served: true, storage: name === "v1" },
  ...(openAPIV3Schema !== undefined && { schema: { openAPIV3Schema } }),
  ...more,
});

function definition(
  versions: CustomResourceDefinitionVersion[],
  more: Partial<CustomResourceDefinitionSpec> = {},
): CustomResourceDefinition {
  const names = { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" };
  return {
    metadata: { name: "widgets.example.com" },
    spec: { group: "example.com", scope: "Namespaced", names, versions, ...more },
    status: { storedVersions: versions.filter(({ storage }) => storage).map(({ name }) => name) },
  };
}

async function errorsOf(made: CustomResourceDefinition, old?: CustomResourceDefinition): Promise<string[]> {
  const errors = [...validateDefinition(made, old), ...(await validateSchemas(made, old))];
  return errors.map(({ field, message }) => `${field.replace("openAPIV3Schema", "~")}: ${message}`);
}

const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const webhook = (url: string) => ({
  strategy: "Webhook",
  webhook: { clientConfig: { url }, conversionReviewVersions: ["v1"] },
});
const URL_FORM = "; desired format: https://host[/path]";
const rule = (text: string) => ({ "x-kubernetes-validations": [{ rule: text }] });
const shown =
  '{"Rule":"self == 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}';
const wrongRule = `Invalid value: ${shown}: compilation failed: ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(string, int)'\n | self == 1\n | .....^`;

const cases: readonly [name: string, now: CustomResourceDefinition, errors: string[]][] = [
  [
    "the first version's name is told once more",
    definition([version("v()", object({}), { storage: true })]),
    [`spec.versions[0].name: Invalid value: "v()": ${LABEL}`, `spec.version: Invalid value: "v()": ${LABEL}`],
  ],
  [
    "a URL that is a path",
    definition([version("v1", object({}))], { conversion: webhook("") }),
    [
      `spec.conversion.webhookClientConfig.url: Invalid value: "": 'https' is the only allowed URL scheme${URL_FORM}`,
      `spec.conversion.webhookClientConfig.url: Invalid value: "": host must be specified${URL_FORM}`,
    ],
  ],
  [
    "a URL without a host, with a user and more",
    definition([version("v1", object({}))], { conversion: webhook("https:///a") }),
    [`spec.conversion.webhookClientConfig.url: Invalid value: "": host must be specified${URL_FORM}`],
  ],
  [
    "selectable fields that all versions share, though their schemas differ",
    definition(
      ["string", "integer"].map((type, index) =>
        version(`v${index + 1}`, object({ a: { type } }), { selectableFields: [{ jsonPath: ".a" }] }),
      ),
    ),
    ['spec.selectableFields: Invalid value: "": may only be set when validations.schema is included'],
  ],
  [
    "a kind that no object has, as a default",
    definition([
      version(
        "v1",
        object({
          o: object({ kind: { ...text, default: "%" } }, { "x-kubernetes-embedded-resource": true }),
        }),
      ),
    ]),
    [
      `spec.validation.~.properties[o].properties[kind].default: Invalid value: "%": must result in valid metadata: kind: Invalid value: "%": may have mixed case, but should otherwise match: ${LABEL}`,
    ],
  ],
  [
    "a keyword that no structural schema has hides what would follow from it",
    definition([version("v1", object({ a: { "x-kubernetes-preserve-unknown-fields": false } }))]),
    [
      "spec.validation.~.properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined",
    ],
  ],
  [
    "rules below what cannot be declared know their own type",
    definition([
      version("v1", object({ a: object({ b: { ...text, ...rule("self == 1") } }, { additionalProperties: text }) })),
    ]),
    [
      "spec.validation.~.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
      `spec.validation.~.properties[a].properties[b].x-kubernetes-validations[0].rule: ${wrongRule}`,
    ],
  ],
  [
    "rules of elements of what is no list",
    definition([version("v1", object({}, { items: { type: "array", items: text, ...rule("size(self) > 0") } }))]),
    [],
  ],
  [
    "fields of a map of a type yet unknown are not told from old ones",
    definition([
      version(
        "v1",
        object({
          a: object(
            { b: { ...text, maxLength: 10, ...rule("self == oldSelf") } },
            { "x-kubernetes-map-type": "future" },
          ),
        }),
      ),
    ]),
    [
      'spec.validation.~.properties[a].x-kubernetes-map-type: Unsupported value: "future": supported values: "atomic", "granular"',
      'spec.validation.~.properties[a].properties[b].x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[a]',
    ],
  ],
];
for (const [name, now, errors] of cases) test(name, async () => assert.deepEqual(await errorsOf(now), errors));

test("an error shows the whole of Go's struct", async () => {
  const [error = ""] = await errorsOf(
    definition([version("v1", object({}, { anyOf: [{ required: ["a"] }] }), { subresources: { status: {} } })]),
  );
  assert.match(
    error,
    /^spec\.validation\.~: Invalid value: \{"ID":"","Schema":"","Ref":null,"Description":"","Type":"object",/,
  );
  assert.match(error, /"AnyOf":\[\{"ID":"",[^\]]*"Required":\["a"\],/);
  assert.match(error, /: only \[Description Type .* XValidations\] fields are allowed at the root of the schema/);
});

const many = Array.from({ length: 9 }, (_, index) => `f${index}`);
const withMany = (fields: readonly string[]) =>
  definition([
    version("v1", object(Object.fromEntries(many.map((name) => [name, text]))), {
      selectableFields: fields.map((name) => ({ jsonPath: `.${name}` })),
    }),
  ]);

test("too many selectable fields may stay as they are", async () => {
  const wrong = ["spec.selectableFields: Too many: 9: must have at most 8 items"];
  assert.deepEqual(await errorsOf(withMany(many)), wrong);
  assert.deepEqual(await errorsOf(withMany(many), withMany(many)), []);
  assert.deepEqual(await errorsOf(withMany(many), withMany(many.toReversed())), wrong);
});

test("definitions that keep all unknown fields may stay what they were", async () => {
  const keeps = { preserveUnknownFields: true };
  const loose = definition([version("v1", object({ a: {} }))], keeps);
  assert.deepEqual(await errorsOf(loose, loose), []);
  const none = definition([version("v1", undefined)], keeps);
  assert.deepEqual(await errorsOf(none, none), []);
  const pruning = definition([version("v1", undefined)]);
  assert.deepEqual(await errorsOf(pruning, none), [
    "spec.versions[0].schema.~: Required value: because otherwise all fields are pruned",
  ]);
  const preset = definition([version("v1", object({ a: { ...text, default: "x" } }))], keeps);
  assert.deepEqual(await errorsOf(preset, preset), [
    "spec.preserveUnknownFields: Invalid value: true: must be false in order to use defaults in the schema",
  ]);
});
