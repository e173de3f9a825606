import { nextTurn } from "../../base/turn.ts";
import { loadCel } from "../cel/load-cel.ts";
import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  JSONSchemaProps,
} from "../generated/apiextensions.k8s.io/v1.ts";
import { equalJson } from "../patch/json-value.ts";
import { declaredRootType } from "../structural/cel-types.ts";
import { compileStructural } from "../structural/compile.ts";
import { patternViolations } from "../structural/pattern-violations.ts";
import { portions } from "../structural/portions.ts";
import { inOrderOfTexts, isUnset, structuralViolations } from "../structural/violations.ts";
import { setErrors, unsoundKeys } from "./list-and-map-rules.ts";
import { newTotalCost, totalCostErrors } from "./rule-cost.ts";
import type { SchemaOptions } from "./schema-context.ts";
import { schemaInGo } from "./schema-in-go.ts";
import { hasDefault, placesOf, someSchema, someSchemaOf } from "./schema-places.ts";
import { validateDefaults } from "./validate-defaults.ts";
import { schemaNodeErrors } from "./validate-schema-node.ts";

/**
 * What is wrong with the schemas of a definition: structure, defaults, patterns, rules and their cost. Loads what schemas use.
 *
 * @param old what was wrong in it before, and was allowed then, is not told
 */
export async function validateSchemas(
  { spec }: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  const requiresStructural = mustBeStructural(spec, old?.spec);
  for (const { field, value, versions } of placesOf(spec, "schema")) {
    const source = value.openAPIV3Schema;
    if (source === undefined) continue;
    const isUnchanged = old !== undefined && versions.every((name) => equalJson(source, schemaOf(old.spec, name)));
    const options = { ...(await schemaOptions(source, { old: old?.spec, isUnchanged })), requiresStructural };
    const hasStatus = (spec?.versions ?? []).some(
      ({ name, subresources }) => versions.includes(name) && subresources?.status !== undefined,
    );
    const at = `${field}.openAPIV3Schema`;
    errors.push(...rootErrors(source, at, hasStatus), ...(await schemaErrors(source, at, options)));
  }
  return errors;
}

const schemaOf = (spec: CustomResourceDefinitionSpec | undefined, version: string): JSONSchemaProps | undefined =>
  (spec?.versions ?? []).find(({ name }) => name === version)?.schema?.openAPIV3Schema;

const NODES_AT_ONCE = 60;

type Options = SchemaOptions & { readonly requiresPruned: boolean; readonly requiresStructural: boolean };

/** Only where all unknown fields are kept, and schemas were not structural before, need they not be so now. */
function mustBeStructural(
  spec: CustomResourceDefinitionSpec | undefined,
  old: CustomResourceDefinitionSpec | undefined,
): boolean {
  return (
    old === undefined ||
    spec?.preserveUnknownFields !== true ||
    someSchemaOf(spec, (schema) => hasDefault(schema) || hasExtension(schema)) ||
    !(old.versions ?? []).some(({ schema }) => {
      const source = schema?.openAPIV3Schema;
      if (source === undefined) return false;
      return someSchema(source, isUnsupported) || structuralViolations(compileStructural(source), "").length > 0;
    })
  );
}

function hasExtension(schema: JSONSchemaProps): boolean {
  return (
    schema["x-kubernetes-embedded-resource"] === true ||
    schema["x-kubernetes-preserve-unknown-fields"] !== undefined ||
    schema["x-kubernetes-int-or-string"] === true ||
    schema["x-kubernetes-list-type"] !== undefined ||
    [schema["x-kubernetes-list-map-keys"], schema["x-kubernetes-validations"]].some((each) => (each?.length ?? 0) > 0)
  );
}

async function schemaOptions(
  source: JSONSchemaProps,
  { old, isUnchanged }: { old: CustomResourceDefinitionSpec | undefined; isUnchanged: boolean },
): Promise<Omit<Options, "requiresStructural">> {
  const hadNone = (predicate: (schema: JSONSchemaProps) => boolean): boolean =>
    old === undefined || !someSchemaOf(old, predicate);
  const hasRules = someSchema(source, (schema) => (schema["x-kubernetes-validations"]?.length ?? 0) > 0);
  return {
    ...(hasRules ? { cel: await loadCel() } : {}),
    requiresValidTypes: hadNone(({ type }) => Boolean(type) && !TYPES.has(type!)),
    requiresAtomicSets: hadNone((schema) => setErrors(schema, "").length > 0),
    requiresSoundListMaps: hadNone((schema) => unsoundKeys(schema, "").length > 0),
    requiresPruned: old === undefined || !(await hadUnprunedDefaults(old)),
    ignoresRuleCost: isUnchanged,
  };
}

const TYPES: ReadonlySet<string> = new Set(["string", "number", "integer", "boolean", "array", "object"]);

async function hadUnprunedDefaults(old: CustomResourceDefinitionSpec): Promise<boolean> {
  for (const { schema } of old.versions ?? []) {
    const source = schema?.openAPIV3Schema;
    if (source === undefined || !someSchema(source, hasDefault)) continue;
    const errors = await validateDefaults(compileStructural(source), "", { requiresPruned: true });
    if (errors.some(({ message }) => message.endsWith("must not have unknown fields"))) return true;
  }
  return false;
}

async function schemaErrors(source: JSONSchemaProps, field: string, options: Options): Promise<FieldError[]> {
  const structural = compileStructural(source);
  if (!options.requiresStructural || someSchema(source, isUnsupported)) {
    const found = await schemaNodeErrors(source, {
      ...{ field, isRoot: true, isInsideMeta: false, options, pause: portions(NODES_AT_ONCE) },
    });
    return [...found.schema];
  }
  const wrongPatterns = await patternViolations(source, field);
  const violations = inOrderOfTexts([...structuralViolations(structural, field), ...wrongPatterns]);
  await nextTurn();
  const defaults =
    violations.length > 0 ? [] : await validateDefaults(structural, field, { requiresPruned: options.requiresPruned });
  const errors = [...violations, ...defaults];
  const total = newTotalCost();
  const pause = portions(NODES_AT_ONCE);
  // Rules are looked at only when they can know what values are.
  const rules = errors.length > 0 ? {} : { rules: { declared: declaredRootType(structural), cardinality: 1, total } };
  const found = await schemaNodeErrors(source, { field, isRoot: true, isInsideMeta: false, options, pause, ...rules });
  return [...errors, ...found.schema, ...found.rules, ...totalCostErrors(total, field)];
}

/** What no structural schema can be made of; the keyword itself is told then, and nothing that would follow from it. */
function isUnsupported(schema: JSONSchemaProps): boolean {
  const { patternProperties, dependencies, definitions, additionalItems, items } = schema;
  return (
    Boolean(schema.id || schema.$schema || schema.$ref) ||
    [patternProperties, dependencies, definitions].some((each) => Object.keys(each ?? {}).length > 0) ||
    additionalItems !== undefined ||
    (Array.isArray(items) && items.length > 0) ||
    schema["x-kubernetes-preserve-unknown-fields"] === false
  );
}

/** What Go calls the keywords that may stand at the root when status is written by itself. */
const ALLOWED_AT_ROOT: Readonly<Record<string, string>> = {
  description: "Description",
  type: "Type",
  format: "Format",
  title: "Title",
  maximum: "Maximum",
  exclusiveMaximum: "ExclusiveMaximum",
  minimum: "Minimum",
  exclusiveMinimum: "ExclusiveMinimum",
  maxLength: "MaxLength",
  minLength: "MinLength",
  pattern: "Pattern",
  maxItems: "MaxItems",
  minItems: "MinItems",
  uniqueItems: "UniqueItems",
  multipleOf: "MultipleOf",
  required: "Required",
  items: "Items",
  properties: "Properties",
  externalDocs: "ExternalDocs",
  example: "Example",
  "x-kubernetes-preserve-unknown-fields": "XPreserveUnknownFields",
  "x-kubernetes-validations": "XValidations",
};

function rootErrors(source: JSONSchemaProps, field: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus && source.type && source.type !== "object") {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    errors.push(invalid(`${field}.type`, source.type, detail));
  } else if (
    hasStatus &&
    Object.entries(source).some(([key, value]) => !isUnset(value) && ALLOWED_AT_ROOT[key] === undefined)
  ) {
    const detail = `only [${Object.values(ALLOWED_AT_ROOT).join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`;
    errors.push(invalid(field, schemaInGo(source), detail));
  }
  if (source.nullable) errors.push(forbiddenField(`${field}.nullable`, "nullable cannot be true at the root"));
  return errors;
}
