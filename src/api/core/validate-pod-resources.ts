import { joined } from "../../base/joined.ts";
import { malformedQuantity } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported } from "../field-error.ts";
import type { PodSpec } from "../generated/core/v1.ts";
import { compareQuantities, formatQuantity, tryParseQuantity } from "../quantity.ts";
import { aggregateContainers, isPodLevelResource } from "./pod-requests.ts";
import { validateAmounts, validateClaims, validateResourceName } from "./validate-resources.ts";

const SUPPORTED = ["cpu", "hugepages-", "memory"];

/** What is wrong with what a pod as a whole asks for. @param claims names of the pod's claims */
export function validatePodResources(spec: PodSpec, field: string, claims: readonly string[]): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  if (spec.os?.name === "windows") return [forbiddenField(field, "may not be set for a windows pod")];
  return joined(
    resources.claims === undefined
      ? []
      : [forbiddenField(`${field}.claims`, "claims may not be set for Resources at pod-level")],
    validateAmounts(resources, field, podResourceName),
    validateClaims(resources, `${field}.claims`, claims),
    validateAggregate(spec, "requests", field),
    validateAggregate(spec, "limits", field),
    validateContainerLimits(spec, field),
  );
}

function podResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (errors.length > 0) return errors;
  return isPodLevelResource(name) ? [] : [notSupported(field, name, SUPPORTED)];
}

/** A pod has what its containers ask for together, and the huge pages to which they are limited together. */
function validateAggregate(spec: PodSpec, key: "requests" | "limits", field: string): FieldError[] {
  const amounts = spec.resources?.[key] ?? {};
  return [...aggregateContainers(spec, key)].flatMap(([name, containers]) => {
    const pod = tryParseQuantity(amounts[name]);
    if (pod === undefined || (key === "limits" && !name.startsWith("hugepages-"))) return [];
    if (compareQuantities(pod, containers) >= 0) return [];
    const message = `must be greater than or equal to aggregate container ${key} of ${formatQuantity(containers)}`;
    return [invalid(`${field}.${key}[${name}]`, amounts[name], message)];
  });
}

/** No container may be allowed more than its pod. */
function validateContainerLimits(spec: PodSpec, field: string): FieldError[] {
  const limits = spec.resources?.limits ?? {};
  return (spec.containers ?? []).flatMap((container, index) =>
    Object.entries(container.resources?.limits ?? {}).flatMap(([name, text]) => {
      const podLimit = limits[name];
      const [most, own] = [tryParseQuantity(podLimit), tryParseQuantity(text)];
      if (podLimit === undefined || most === undefined) return [];
      const path = `${field}.containers[${index}][${name}].limits`;
      if (own === undefined) return [malformedQuantity(path, text)];
      return compareQuantities(own, most) > 0
        ? [invalid(path, text, `must be less than or equal to pod limits of ${podLimit}`)]
        : [];
    }),
  );
}
