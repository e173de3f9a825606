import { duplicate, type FieldError, invalid, required, tooMany } from "../field-error.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  SelectableField,
} from "../generated/apiextensions.k8s.io/v1.ts";
import { equalJson } from "../patch/json-value.ts";
import { compileStructural } from "../structural/compile.ts";
import { validFieldPath } from "../structural/field-path.ts";
import type { StructuralSchema } from "../structural/structural.ts";
import { type Place, placesOf } from "./schema-places.ts";

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const SELECTABLE_MAX = 8;
const WARNING_MAX = 256;

/** What is wrong with what versions say beside their schemas. */
export function validateVersionParts(
  spec: CustomResourceDefinitionSpec,
  old?: CustomResourceDefinitionSpec,
): FieldError[] {
  const hasOneSchema = placesOf(spec, "schema").some(({ field }) => field === "spec.validation");
  return [
    ...(spec?.versions ?? []).flatMap((version, index) => deprecationErrors(version, `spec.versions[${index}]`)),
    ...placesOf(spec, "subresources").flatMap(({ field, value }) => subresourceErrors(value, field)),
    ...placesOf(spec, "additionalPrinterColumns").flatMap(({ field, value }) =>
      value.flatMap((column, index) => columnErrors(column, `${field}[${index}]`)),
    ),
    ...placesOf(spec, "selectableFields").flatMap((place) => {
      const { field, value, versions } = place;
      if (value.length === 0) return [];
      const isShared = field === "spec.selectableFields";
      const source = (spec?.versions ?? []).find(({ name }) => name === versions[0])?.schema?.openAPIV3Schema;
      if (isShared && !hasOneSchema) return [invalid(field, "", "may only be set when validations.schema is included")];
      if (source === undefined) {
        return [invalid(field, "", "may only be set when `version.schema.openAPIV3Schema` is not included")];
      }
      return selectableErrors(value, compileStructural(source), { field, mayBeMany: wereAsMany(place, old) });
    }),
  ];
}

function deprecationErrors(version: CustomResourceDefinitionVersion, field: string): FieldError[] {
  const { deprecated, deprecationWarning: warning } = version;
  if (warning === undefined) return [];
  const tell = (detail: string): FieldError => invalid(`${field}.deprecationWarning`, warning, detail);
  if (!deprecated) return [tell("can only be set for deprecated versions")];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(warning) > WARNING_MAX) errors.push(tell(`must be <= ${WARNING_MAX} characters long`));
  if (warning === "") errors.push(tell("must not be an empty string"));
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(warning);
  if (unprintable !== null) {
    const index = Buffer.byteLength(warning.slice(0, unprintable.index));
    const rule = "must only contain printable UTF-8 characters; non-printable character found at index";
    errors.push(tell(`${rule} ${index}`));
  }
  return errors;
}

function subresourceErrors({ scale }: CustomResourceSubresources, field: string): FieldError[] {
  if (scale === undefined) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  const at = (key: string): string => `${field}.scale.${key}`;
  const errors: FieldError[] = [];
  const check = (text: string, key: string, rule: { starts: readonly string[]; detail: string }): void => {
    if (!text.startsWith(".")) errors.push(notSimple(at(key), text));
    else if (!rule.starts.some((start) => text.startsWith(start))) errors.push(invalid(at(key), text, rule.detail));
  };
  if (!specReplicasPath) errors.push(required(at("specReplicasPath")));
  else check(specReplicasPath, "specReplicasPath", { starts: [".spec."], detail: "should be a json path under .spec" });
  if (!statusReplicasPath) errors.push(required(at("statusReplicasPath")));
  else {
    const rule = { starts: [".status."], detail: "should be a json path under .status" };
    check(statusReplicasPath, "statusReplicasPath", rule);
  }
  if (labelSelectorPath) {
    const rule = { starts: [".spec.", ".status."], detail: "should be a json path under either .spec or .status" };
    check(labelSelectorPath, "labelSelectorPath", rule);
  }
  return errors;
}

const notSimple = (field: string, text: string): FieldError =>
  invalid(field, text, "must be a simple json path starting with .");

function columnErrors(column: CustomResourceColumnDefinition, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!column.name) errors.push(required(`${field}.name`));
  const types = `must be one of ${COLUMN_TYPES.join(",")}`;
  if (!column.type) errors.push(required(`${field}.type`, types));
  else if (!COLUMN_TYPES.includes(column.type)) errors.push(invalid(`${field}.type`, column.type, types));
  if (column.format && !COLUMN_FORMATS.includes(column.format)) {
    errors.push(invalid(`${field}.format`, column.format, `must be one of ${COLUMN_FORMATS.join(",")}`));
  }
  if (!column.jsonPath) errors.push(required(`${field}.JSONPath`));
  else if (!column.jsonPath.startsWith(".")) errors.push(notSimple(`${field}.JSONPath`, column.jsonPath));
  return errors;
}

/** Too many that were there before may stay. */
function wereAsMany(
  { field, value, versions }: Place<SelectableField[]>,
  old: CustomResourceDefinitionSpec | undefined,
): boolean {
  const before = placesOf(old, "selectableFields").find((place) =>
    field === "spec.selectableFields"
      ? place.field === field
      : place.field !== "spec.selectableFields" && place.versions[0] === versions[0],
  );
  return before !== undefined && equalJson(before.value, value);
}

function selectableErrors(
  fields: readonly SelectableField[],
  schema: StructuralSchema,
  { field, mayBeMany }: { field: string; mayBeMany: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, index) => {
    const at = `${field}[${index}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      return;
    }
    const found = validFieldPath(jsonPath, schema, { allowsBrackets: false });
    if ("error" in found) {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found.error}`));
      return;
    }
    if (found.root === "metadata") errors.push(invalid(at, jsonPath, "must not point to fields in metadata"));
    if (!["string", "boolean", "integer"].includes(found.schema?.type ?? "")) {
      const detail =
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
      errors.push(invalid(at, jsonPath, detail));
    }
    if (seen.has(found.path)) errors.push(duplicate(at, jsonPath));
    seen.add(found.path);
  });
  if (seen.size > SELECTABLE_MAX && !mayBeMany) errors.push(tooMany(field, seen.size, SELECTABLE_MAX));
  return errors;
}
