import { nonNegativeQuantity, optionalNamed, optionalOneOf, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { PersistentVolumeClaimSpec } from "../generated/core/v1.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { equalJson } from "../patch/json-value.ts";
import { tryParseQuantity } from "../quantity.ts";
import { validateLabelSelector } from "../selectors.ts";
import { validateAccessModes } from "./access-modes.ts";

/** What is wrong with what a claim asks for, in a claim or in the template of one. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, field: string): FieldError[] {
  const errors = validateAccessModes(spec.accessModes, `${field}.accessModes`);
  errors.push(...validateLabelSelector(spec.selector, `${field}.selector`));
  const storage = spec.resources?.requests?.storage;
  const path = `${field}.resources[storage]`;
  if (storage === undefined) errors.push(required(path));
  else {
    errors.push(...nonNegativeQuantity(storage, path));
    if (tryParseQuantity(storage)?.nanos === 0n) errors.push(invalid(path, storage, "must be greater than zero"));
  }
  return [
    ...errors,
    ...optionalNamed(spec.storageClassName, dnsSubdomainErrors, `${field}.storageClassName`),
    ...optionalOneOf(spec.volumeMode, ["Block", "Filesystem"], `${field}.volumeMode`),
    ...optionalNamed(spec.volumeAttributesClassName, dnsSubdomainErrors, `${field}.volumeAttributesClassName`),
    ...validateSources(spec, field),
  ];
}

interface Source {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

function validateSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, source] of Object.entries({ dataSource, dataSourceRef }) as [string, Source | undefined][]) {
    if (source === undefined) continue;
    const path = `${field}.${key}`;
    errors.push(...requiredText(source.name, `${path}.name`), ...requiredText(source.kind, `${path}.kind`));
    if (!source.apiGroup && source.kind !== "PersistentVolumeClaim") {
      errors.push(invalid(path, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
    }
  }
  if (dataSource !== undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    const { namespace: _, ...reference } = dataSourceRef;
    const same = (source: Source) => ({ ...source, apiGroup: source.apiGroup ?? "" });
    if (!equalJson(same(dataSource), same(reference))) errors.push(invalid(field, field, "must match dataSourceRef"));
  }
  return errors;
}
