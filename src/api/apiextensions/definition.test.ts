import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from "../generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitionKind } from "./custom-resource-definition.ts";
import { definitionWarnings } from "./definition-warnings.ts";
import { validateDefinition } from "./validate-definition.ts";

const schema = {
  openAPIV3Schema: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: {
          color: { type: "string" },
          size: { type: "integer" },
          tags: { type: "array", items: { type: "string" } },
        },
      },
    },
  },
};
const version = (more: Partial<CustomResourceDefinitionVersion> = {}): CustomResourceDefinitionVersion => ({
  name: "v1",
  served: true,
  storage: true,
  schema,
  ...more,
});

function definition(
  spec: Partial<CustomResourceDefinitionSpec> = {},
  more: Partial<CustomResourceDefinition> = {},
): CustomResourceDefinition {
  const made: CustomResourceDefinition = {
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [version()],
      ...spec,
    },
    ...more,
  };
  customResourceDefinitionKind.setDefaults?.(made);
  if (more.status === undefined) customResourceDefinitionKind.prepareForCreate?.(made);
  return made;
}

const errorsOf = (made: CustomResourceDefinition, old?: CustomResourceDefinition): string[] =>
  validateDefinition(made, old).map(({ field, message }) => `${field}: ${message}`);

const cases: readonly [name: string, spec: Partial<CustomResourceDefinitionSpec>, errors: string[]][] = [
  ["a sound one", {}, []],
  [
    "a group without a dot",
    { group: "example", names: { plural: "widgets", kind: "Widget" } },
    [
      'metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group',
      'spec.group: Invalid value: "example": should be a domain with at least one dot',
    ],
  ],
  ["scope", { scope: "World" }, ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"']],
  [
    "no schema",
    { versions: [{ name: "v1", served: true, storage: true }] },
    ["spec.versions[0].schema.openAPIV3Schema: Required value"],
  ],
  [
    "no storage version",
    { versions: [version({ storage: false })] },
    [
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version',
      "status.storedVersions: Invalid value: null: must have at least one stored version",
    ],
  ],
  [
    "names",
    {
      names: {
        plural: "widgets",
        singular: "widget",
        kind: "Wid get",
        listKind: "Wid get",
        shortNames: ["W"],
        categories: ["all"],
      },
    },
    [
      ...["kind", "listKind"].map(
        (key) =>
          `spec.names.${key}: Invalid value: "Wid get": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ),
      "spec.names.shortNames[0]: Invalid value: \"W\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      'spec.names.listKind: Invalid value: "Wid get": kind and listKind may not be the same',
    ],
  ],
  [
    "deprecation",
    { versions: [version({ deprecationWarning: "old" })] },
    ['spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions'],
  ],
  [
    "scale, the same in all versions",
    {
      versions: [
        version({ subresources: { scale: { specReplicasPath: "spec.replicas", statusReplicasPath: ".spec.x" } } }),
      ],
    },
    [
      'spec.subresources.scale.specReplicasPath: Invalid value: "spec.replicas": must be a simple json path starting with .',
      'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.x": should be a json path under .status',
    ],
  ],
  [
    "columns that differ between versions",
    {
      versions: [
        version(),
        version({ name: "v2", storage: false, additionalPrinterColumns: [{ name: "", type: "text", jsonPath: "x" }] }),
      ],
    },
    [
      "spec.versions[1].additionalPrinterColumns[0].name: Required value",
      'spec.versions[1].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.versions[1].additionalPrinterColumns[0].JSONPath: Invalid value: "x": must be a simple json path starting with .',
    ],
  ],
  [
    "selectable fields",
    {
      versions: [
        version({
          selectableFields: [
            ".spec.color",
            ".spec.color",
            ".spec.tags",
            ".spec.nothing",
            ".spec['color']",
            ".metadata.name",
          ].map((jsonPath) => ({ jsonPath })),
        }),
      ],
    },
    [
      'spec.selectableFields[1].jsonPath: Duplicate value: ".spec.color"',
      'spec.selectableFields[2].jsonPath: Invalid value: ".spec.tags": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      'spec.selectableFields[3].jsonPath: Invalid value: ".spec.nothing": is an invalid path: does not refer to a valid field',
      "spec.selectableFields[4].jsonPath: Invalid value: \".spec['color']\": is an invalid path: array notation is not allowed",
      'spec.selectableFields[5].jsonPath: Invalid value: ".metadata.name": is an invalid path: does not refer to a valid field',
    ],
  ],
  [
    "conversion without a webhook's place",
    { conversion: { strategy: "Webhook", webhook: { conversionReviewVersions: ["v7", "v7"], clientConfig: {} } } },
    [
      "spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required",
      'spec.conversion.conversionReviewVersions[1]: Invalid value: "v7": duplicate version',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v7","v7"]: must include at least one of v1, v1beta1',
    ],
  ],
  [
    "no conversion with a webhook",
    {
      conversion: {
        strategy: "None",
        webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://a" } },
      },
    },
    [
      "spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook",
      "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook",
    ],
  ],
  [
    "preserveUnknownFields",
    { preserveUnknownFields: true },
    [
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
  ],
];

for (const [name, spec, errors] of cases) {
  test(`definition: ${name}`, () => assert.deepEqual(errorsOf(definition(spec)), errors));
}

test("definition: groups of the community need approval, unless they lacked it before", () => {
  const made = (annotation?: string): CustomResourceDefinition =>
    definition(
      { group: "x.k8s.io" },
      {
        metadata: {
          name: "widgets.x.k8s.io",
          ...(annotation === undefined ? {} : { annotations: { "api-approved.kubernetes.io": annotation } }),
        },
      },
    );
  const field = "metadata.annotations[api-approved.kubernetes.io]";
  const missing = 'protected groups must have approval annotation "api-approved.kubernetes.io"';
  const policy = "see https://github.com/kubernetes/enhancements/pull/1111";
  assert.deepEqual(errorsOf(made()), [`${field}: Required value: ${missing}, ${policy}`]);
  assert.deepEqual(errorsOf(made("yes")), [
    `${field}: Invalid value: "yes": ${missing} with either a URL or a reason starting with "unapproved", ${policy}`,
  ]);
  for (const annotation of ["unapproved, a test", "https://github.com/a/b/pull/1"]) {
    assert.deepEqual(errorsOf(made(annotation)), []);
  }
  assert.deepEqual(errorsOf(made(), made()), []);
});

test("definition: what its objects are stored by does not change once it is established", () => {
  const old = definition(
    {},
    { status: { storedVersions: ["v1"], conditions: [{ type: "Established", status: "True" }] } },
  );
  const now = definition(
    { scope: "Cluster", names: { plural: "widgets", kind: "Gadget" }, versions: [version({ name: "v2" })] },
    { status: { storedVersions: ["v1", "v2"] } },
  );
  assert.deepEqual(errorsOf(now, old), [
    'spec.scope: Invalid value: "Cluster": field is immutable',
    'spec.names.kind: Invalid value: "Gadget": field is immutable',
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
});

test("definition: formats that mean nothing are told once", () => {
  const withFormats = (...formats: string[]): CustomResourceDefinition =>
    definition({
      versions: formats.map((format, index) =>
        version({
          name: `v${index}`,
          schema: { openAPIV3Schema: { type: "object", properties: { x: { type: "string", format } } } },
        }),
      ),
    });
  const warnings = definitionWarnings(withFormats("color", "date-time", "color", "age"));
  assert.deepEqual(warnings, ['unrecognized format "age"', 'unrecognized format "color"']);
  assert.deepEqual(definitionWarnings(withFormats("color", "age"), withFormats("color")), [
    'unrecognized format "age"',
  ]);
});
