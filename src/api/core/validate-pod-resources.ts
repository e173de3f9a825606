import { joined } from "../../base/joined.ts";
import { malformedQuantity } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported } from "../field-error.ts";
import type { PodSpec } from "../generated/core/v1.ts";
import { compareQuantities, formatQuantity, tryParseQuantity } from "../quantity.ts";
import { aggregateContainers, isPodLevelResource } from "./pod-requests.ts";
import { validateAmounts } from "./validate-resources.ts";

const SUPPORTED = ["cpu", "hugepages-", "memory"];

/** What is wrong with what a pod as a whole asks for. */
export function validatePodResources(spec: PodSpec, field: string): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const errors: FieldError[] = [];
  if ((resources.claims ?? []).length > 0) {
    errors.push(forbiddenField(`${field}.claims`, "claims cannot be set for Resources at pod-level"));
  }
  errors.push(...validateAmounts(resources, field, podResourceName));
  const aggregate = aggregateContainers(spec, "requests");
  for (const [name, text] of Object.entries(resources.requests ?? {})) {
    const [pod, containers] = [tryParseQuantity(text), aggregate.get(name)];
    if (pod === undefined || containers === undefined || compareQuantities(pod, containers) >= 0) continue;
    const message = `must be greater than or equal to aggregate container requests of ${formatQuantity(containers)}`;
    errors.push(invalid(`${field}.requests[${name}]`, text, message));
  }
  return joined(errors, validateContainerLimits(spec, field));
}

const podResourceName = (name: string, field: string): FieldError[] =>
  isPodLevelResource(name) ? [] : [notSupported(field, name, SUPPORTED)];

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
