import { invalids } from "../field-checks.ts";
import { duplicate, type FieldError, invalid } from "../field-error.ts";
import type { Node } from "../generated/core/v1.ts";
import { validateResourceQuantity } from "./validate-resources.ts";

const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const FEATURE_MAX = 253;

/** What is wrong with the amounts that a node has. */
export function validateNodeAmounts({ status }: Node): FieldError[] {
  return (["capacity", "allocatable"] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, text]) =>
      validateResourceQuantity(name, text, `status.${list}.${name}`),
    ),
  );
}

/** Swap space that is told is some. */
export function validateSwap({ status }: Node): FieldError[] {
  const capacity = status?.nodeInfo?.swap?.capacity;
  if (capacity === undefined || capacity > 0) return [];
  // The path is upstream's.
  return [invalid("metadata.nodeSwapStatus.capacity", capacity, "must be greater than zero")];
}

/** Features that the kubelet has, in their order. */
export function validateDeclaredFeatures({ status }: Node): FieldError[] {
  const features = status?.declaredFeatures ?? [];
  const field = "status.declaredFeatures";
  return features.flatMap((feature, index) => {
    const errors = invalids(`${field}[${index}]`, feature, featureErrors(feature));
    const next = features[index + 1];
    if (next === undefined || feature < next) return errors;
    const at = `${field}[${index + 1}]`;
    return [
      ...errors,
      feature === next ? duplicate(at, next) : invalid(at, next, "list must be sorted alphabetically"),
    ];
  });
}

function featureErrors(name: string): string[] {
  const what = `invalid feature name ${JSON.stringify(name)}`;
  if (name.length > FEATURE_MAX) return [`${what}: must be no more than ${FEATURE_MAX} characters`];
  if (FEATURE.test(name)) return [];
  return [
    `${what}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
  ];
}

/** No address twice. */
export function validateAddresses({ status }: Node): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap(({ type, address }, index) => {
    const key = `${type}/${address}`;
    // What Go shows of an address.
    const errors = seen.has(key) ? [duplicate(`status.addresses[${index}]`, { Type: type, Address: address })] : [];
    seen.add(key);
    return errors;
  });
}
