import { invalids } from "../field-checks.ts";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import type { Container, ContainerStatus, Pod, ResourceHealth, ResourceRequirements } from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";

const MESSAGE_BYTES_MAX = 1024;
const HEALTHS = ["Healthy", "Unhealthy", "Unknown"];
const NO_CLAIM =
  "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
const NO_REQUEST = "must match one of the container's resource requests";
const NO_CONTAINER = "must match the name of an entry in spec.initContainers.name or spec.containers.name";
const NO_RESOURCE =
  "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";

/** What is wrong with the claim that the scheduler has made for devices that containers ask for by name. */
export function validateExtendedClaim({ spec, status }: Pod, field: string): FieldError[] {
  const claim = status?.extendedResourceClaimStatus;
  if (claim === undefined) return [];
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const mappings = claim.requestMappings ?? [];
  const path = `${field}.requestMappings`;
  const errors = mappings.length === 0 ? [required(path, "at least one request mapping is required")] : [];
  const seen = new Set<string>();
  mappings.forEach((mapping, index) => {
    const { containerName = "", resourceName = "", requestName = "" } = mapping;
    const at = `${path}[${index}]`;
    const container = containers.find((each) => each.name === containerName);
    if (container === undefined) errors.push(invalid(`${at}.containerName`, containerName, NO_CONTAINER));
    else if (container.resources?.requests?.[resourceName] === undefined) {
      errors.push(invalid(`${at}.resourceName`, resourceName, NO_RESOURCE));
    }
    errors.push(...invalids(`${field}.requestName`, requestName, dnsLabelErrors(requestName)));
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key)) {
      for (const part of ["containerName", "resourceName", "requestName"] as const) {
        errors.push(duplicate(`${at}.${part}`, mapping[part] ?? ""));
      }
    }
    seen.add(key);
  });
  const name = claim.resourceClaimName;
  if (!name) return [...errors, required(`${field}.resourceClaimName`)];
  return [...errors, ...invalids(`${field}.resourceClaimName`, name, dnsSubdomainErrors(name))];
}

/** What is wrong with the health of devices that containers have been given. */
export function validateAllocated(
  statuses: readonly ContainerStatus[] | undefined,
  field: string,
  containers: readonly Pick<Container, "name" | "resources">[],
): FieldError[] {
  return (statuses ?? []).flatMap((status, index) => {
    const container = containers.find((each) => each.name === status.name);
    return (status.allocatedResourcesStatus ?? []).flatMap(({ name = "", resources }, at) => {
      const path = `${field}[${index}].allocatedResourcesStatus[${at}]`;
      const wrong = container === undefined ? undefined : whyNotAsked(name, container.resources);
      return [
        ...(wrong === undefined ? [] : [invalid(`${path}.name`, name, wrong)]),
        ...validateHealth(resources ?? [], `${path}.resources`),
      ];
    });
  });
}

/** Containers for a look into the pod are given nothing. */
export function validateNothingAllocated(
  statuses: readonly ContainerStatus[] | undefined,
  field: string,
): FieldError[] {
  return (statuses ?? []).flatMap(({ allocatedResourcesStatus: allocated = [] }, index) => {
    const path = `${field}[${index}].allocatedResourcesStatus`;
    return allocated.length === 0 ? [] : [forbiddenField(path, "must not be specified in container status")];
  });
}

function whyNotAsked(name: string, resources: ResourceRequirements | undefined): string | undefined {
  if (!name.startsWith("claim:")) return resources?.requests?.[name] === undefined ? NO_REQUEST : undefined;
  const isAsked = (resources?.claims ?? []).some(
    (claim) => name === `claim:${claim.name}${claim.request ? `/${claim.request}` : ""}`,
  );
  return isAsked ? undefined : NO_CLAIM;
}

function validateHealth(resources: readonly ResourceHealth[], field: string): FieldError[] {
  const seen = new Set<string>();
  return resources.flatMap(({ resourceID = "", health = "", message }, index) => {
    const errors = HEALTHS.includes(health) ? [] : [notSupported(`${field}[${index}].health`, health, HEALTHS)];
    const told = `${field}[${index}].message`;
    if (message === "") errors.push(required(told, "must be non-empty if specified"));
    else if (Buffer.byteLength(message ?? "") > MESSAGE_BYTES_MAX) errors.push(tooLong(told, MESSAGE_BYTES_MAX));
    if (seen.has(resourceID)) errors.push(duplicate(`${field}[${index}].resourceID`, resourceID));
    seen.add(resourceID);
    return errors;
  });
}
