import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { labelWarnings } from "../deprecated-labels.ts";
import { oneOfWhenSet, optionalOneOf } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required, tooLong } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { StorageClass, VolumeAttributesClass } from "../generated/storage.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import type { ApiObject } from "../meta.ts";
import { qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateTopologies } from "./validate-topologies.ts";

const PARAMETERS_MAX = 512;
const PARAMETERS_BYTES_MAX = 256 * 1024;

/** The name, marked where the class is the default. */
function nameWithDefault(object: ApiObject, annotations: readonly string[]): string {
  const isDefault = annotations.some((each) => object.metadata?.annotations?.[each] === "true");
  return `${object.metadata?.name ?? ""}${isDefault ? " (default)" : ""}`;
}

export const storageClassKind = defineKind<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  setDefaults(each) {
    each.reclaimPolicy ??= "Delete";
    each.volumeBindingMode ??= "Immediate";
  },
  validateCreate: (each) => [
    ...validateProvisioner(each.provisioner, "provisioner"),
    ...validateParameters(each.parameters),
    ...optionalOneOf(each.reclaimPolicy, ["Delete", "Retain"], "reclaimPolicy"),
    ...oneOfWhenSet(each.volumeBindingMode, ["Immediate", "WaitForFirstConsumer"], "volumeBindingMode"),
    ...validateTopologies(each.allowedTopologies, "allowedTopologies"),
  ],
  warnings: ({ allowedTopologies }) =>
    (allowedTopologies ?? []).flatMap((term, index) =>
      (term.matchLabelExpressions ?? []).flatMap(({ key }, at) =>
        labelWarnings(key, `allowedTopologies[${index}].matchLabelExpressions[${at}].key`),
      ),
    ),
  validateUpdate(each, old) {
    const errors = (["parameters", "provisioner", "reclaimPolicy"] as const)
      .filter((key) => immutable(each[key], old[key], key).length > 0)
      .map((key) => forbiddenField(key, `updates to ${key} are forbidden.`));
    return [...errors, ...immutable(each.volumeBindingMode, old.volumeBindingMode, "volumeBindingMode")];
  },
  columns: [
    {
      ...nameColumn,
      cell: (each) =>
        nameWithDefault(each, [
          "storageclass.kubernetes.io/is-default-class",
          "storageclass.beta.kubernetes.io/is-default-class",
        ]),
    },
    textColumn<StorageClass>(
      "Provisioner",
      columnTexts["storage.v1.StorageClass.provisioner"],
      ({ provisioner }) => provisioner ?? "",
    ),
    textColumn<StorageClass>(
      "ReclaimPolicy",
      columnTexts["storage.v1.StorageClass.reclaimPolicy"],
      ({ reclaimPolicy }) => reclaimPolicy ?? "Delete",
    ),
    textColumn<StorageClass>(
      "VolumeBindingMode",
      columnTexts["storage.v1.StorageClass.volumeBindingMode"],
      ({ volumeBindingMode }) => volumeBindingMode ?? "Immediate",
    ),
    {
      name: "AllowVolumeExpansion",
      type: "string",
      description: columnTexts["storage.v1.StorageClass.allowVolumeExpansion"],
      cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
});

export const volumeAttributesClassKind = volumeAttributesClass("v1");
export const volumeAttributesClassBetaKind = volumeAttributesClass("v1beta1");

function volumeAttributesClass(version: string) {
  return defineKind<VolumeAttributesClass>({
    group: "storage.k8s.io",
    version,
    kind: "VolumeAttributesClass",
    validateCreate: (each) => [
      ...validateProvisioner(each.driverName, "driverName"),
      ...(Object.keys(each.parameters ?? {}).length === 0
        ? [required("parameters", "must contain at least one key/value pair")]
        : validateParameters(each.parameters)),
    ],
    validateUpdate(each, old) {
      const errors: FieldError[] = [];
      for (const key of ["driverName", "parameters"] as const) {
        if (immutable(each[key], old[key], key).length > 0)
          errors.push(forbiddenField(key, `updates to ${key} are forbidden.`));
      }
      return errors;
    },
    columns: [
      {
        ...nameColumn,
        cell: (each) => nameWithDefault(each, ["volumeattributesclass.alpha.kubernetes.io/is-default-class"]),
      },
      textColumn<VolumeAttributesClass>(
        "DriverName",
        columnTexts["storage.v1.VolumeAttributesClass.driverName"],
        ({ driverName }) => driverName ?? "",
      ),
      ageColumn,
    ],
  });
}

function validateProvisioner(name: string | undefined, field: string): FieldError[] {
  if (!name) return [required(field)];
  return qualifiedNameErrors(name.toLowerCase()).map((message) => invalid(field, name, message));
}

function validateParameters(parameters: Readonly<Record<string, string>> | undefined): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > PARAMETERS_MAX) {
    return [tooLong("parameters", PARAMETERS_MAX)];
  }
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of entries) {
    if (key === "") errors.push(invalid("parameters", key, "field can not be empty."));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > PARAMETERS_BYTES_MAX) errors.push(tooLong("parameters", PARAMETERS_BYTES_MAX));
  return errors;
}
