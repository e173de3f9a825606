import { invalids, malformedQuantity, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { PersistentVolumeClaimSpec } from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { tryParseQuantity } from "../quantity.ts";
import { validateLabelSelector } from "../selectors.ts";
import { validateAccessModes } from "./access-modes.ts";

const MODES = ["Block", "Filesystem"];

/**
 * What is wrong with what a claim asks for, in a claim or in the template of one.
 *
 * @param old what it asked for before: labels and groups that older servers took may stay
 */
export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  field: string,
  old?: PersistentVolumeClaimSpec,
): FieldError[] {
  const allowInvalidLabelValue = validateLabelSelector(old?.selector, "").length > 0;
  const errors = [
    ...validateAccessModes(spec.accessModes, `${field}.accessModes`),
    ...validateLabelSelector(spec.selector, `${field}.selector`, { allowInvalidLabelValue }),
    ...validateStorage(spec.resources?.requests?.storage, `${field}.resources[storage]`),
  ];
  const { storageClassName, volumeMode, volumeAttributesClassName } = spec;
  for (const [key, name] of Object.entries({ storageClassName })) {
    if (name) errors.push(...invalids(`${field}.${key}`, name, dnsSubdomainErrors(name)));
  }
  if (volumeMode !== undefined && !MODES.includes(volumeMode)) {
    errors.push(notSupported(`${field}.volumeMode`, volumeMode, MODES));
  }
  errors.push(...validateSources(spec, field, old));
  if (!volumeAttributesClassName) return errors;
  const path = `${field}.volumeAttributesClassName`;
  return [...errors, ...invalids(path, volumeAttributesClassName, dnsSubdomainErrors(volumeAttributesClassName))];
}

function validateStorage(storage: string | undefined, field: string): FieldError[] {
  if (storage === undefined) return [required(field)];
  const quantity = tryParseQuantity(storage);
  if (quantity === undefined) return [malformedQuantity(field, storage)];
  return quantity.nanos > 0n ? [] : [invalid(field, storage, "must be greater than zero")];
}

interface Source {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

function validateSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  field: string,
  old: PersistentVolumeClaimSpec | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const hadGroup = Boolean(old?.dataSource?.apiGroup ?? old?.dataSourceRef?.apiGroup);
  for (const [key, source] of Object.entries({ dataSource, dataSourceRef }) as [string, Source | undefined][]) {
    if (source !== undefined) errors.push(...validateDataSource(source, `${field}.${key}`, hadGroup));
  }
  if (dataSource === undefined || dataSourceRef === undefined) return errors;
  const path = `${field}.dataSource`;
  if (dataSourceRef.namespace) {
    return [...errors, invalid(field, path, "may not be specified when dataSourceRef.namespace is specified")];
  }
  const isSame = (["apiGroup", "kind", "name"] as const).every(
    (key) => (dataSource[key] ?? "") === (dataSourceRef[key] ?? ""),
  );
  return isSame ? errors : [...errors, invalid(field, path, "must match dataSourceRef")];
}

function validateDataSource(
  { apiGroup, kind, name, namespace }: Source,
  field: string,
  hadGroup: boolean,
): FieldError[] {
  const errors = [...requiredText(name, `${field}.name`), ...requiredText(kind, `${field}.kind`)];
  if (!apiGroup && kind !== "PersistentVolumeClaim") {
    const message = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalid(field, kind ?? "", message));
  }
  if (apiGroup && !hadGroup) errors.push(...invalids(`${field}.apiGroup`, apiGroup, dnsSubdomainErrors(apiGroup)));
  if (namespace) errors.push(...invalids(`${field}.namespace`, namespace, dnsLabelErrors(namespace)));
  return errors;
}
