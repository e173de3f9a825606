import type { FieldError } from "../../api/field-error.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { JsonObject } from "../../api/patch/json-value.ts";
import type { Schema } from "../../api/schema.ts";
import { compileStructural, preservingAll } from "../../api/structural/compile.ts";
import { definitionsOf } from "../../api/structural/definitions.ts";
import { compileRules } from "../../api/structural/rules.ts";
import type { StructuralSchema } from "../../api/structural/structural.ts";
import { compileStatusValidator, compileValidator } from "../../api/structural/validate.ts";
import { validateCustomResource } from "../../api/structural/validate-custom-resource.ts";
import { invariant } from "../../base/assert.ts";
import { definitionName } from "./definition-name.ts";

/** One version of a definition: what follows from its schema, made when it is first asked for. */
export interface CustomVersion {
  readonly source: CustomResourceDefinitionVersion;
  readonly apiVersion: string;
  /** Of the kind in this version. */
  readonly definition: string;
  structural(): StructuralSchema;
  /** The same for somebody who needs it rarely: not kept for him. Undefined for a version without a schema. */
  structuralForOnce(): StructuralSchema | undefined;
  /** The built-in schema, and the kind's own definitions: for merging and ownership of fields. */
  schema(): Schema;
  /** Changes when the schema does. */
  fingerprint(): string;
  /** Loads what `validate` needs. */
  load(): Promise<void>;
  /** What is wrong with an object, apart from metadata, or with a change. Only after `load`. */
  validate(object: JsonObject, old?: JsonObject): FieldError[];
  /** The same for a change of status alone. */
  validateStatus(object: JsonObject, old: JsonObject): FieldError[];
}

/** A version without a schema, which v1 does not have but old servers may have stored, takes anything. */
const ANYTHING = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

export function customVersion(
  { metadata, spec }: CustomResourceDefinition,
  of: {
    source: CustomResourceDefinitionVersion;
    /** The version's schema, read when it is needed. */
    schema(): JSONSchemaProps | undefined;
    builtIn: Schema;
  },
): CustomVersion {
  const { source, builtIn } = of;
  const { group, names } = spec;
  const { name: version } = source;
  const name = definitionName({ group, version, kind: names.kind });
  let structural: StructuralSchema | undefined;
  let schema: Schema | undefined;
  let loading: Promise<void> | undefined;
  let loaded: Pick<CustomVersion, "validate" | "validateStatus"> | undefined;
  const compiled = (source: JSONSchemaProps): StructuralSchema =>
    spec.preserveUnknownFields === true ? preservingAll(compileStructural(source)) : compileStructural(source);
  const own = (): StructuralSchema => (structural ??= compiled(of.schema() ?? ANYTHING));
  async function load(): Promise<void> {
    const [validator, ofStatus, rules] = await Promise.all([
      compileValidator(own()),
      compileStatusValidator(own()),
      compileRules(own()),
    ]);
    const { specReplicasPath, statusReplicasPath } = source.subresources?.scale ?? {};
    const given = (...paths: (string | undefined)[]) => paths.filter((path) => path !== undefined);
    const checks = { validator, rules, replicaPaths: given(specReplicasPath, statusReplicasPath) };
    const statusChecks = { validator: ofStatus, rules, replicaPaths: given(statusReplicasPath) };
    loaded = {
      validate: (object, old) => validateCustomResource(checks, object, old),
      validateStatus: (object, old) => validateCustomResource(statusChecks, object, old),
    };
  }
  function known(): NonNullable<typeof loaded> {
    invariant(loaded !== undefined, "a custom resource is loaded before it is validated");
    return loaded;
  }
  return {
    source,
    apiVersion: `${group}/${version}`,
    definition: name,
    structural: own,
    schema() {
      if (schema !== undefined) return schema;
      const definitions = definitionsOf(own(), { name, group, version, kind: names.kind });
      // The built-in definitions are inherited, not copied: there are many, and so may be custom resources.
      return (schema = { definitions: Object.assign(Object.create(builtIn.definitions), definitions), resources: [] });
    },
    structuralForOnce() {
      const found = structural === undefined ? of.schema() : undefined;
      return found === undefined ? structural : compiled(found);
    },
    fingerprint: () => `${metadata?.uid} ${metadata?.generation} ${version}`,
    load: () => (loading ??= load()),
    validate: (object, old) => known().validate(object, old),
    validateStatus: (object, old) => known().validateStatus(object, old),
  };
}
