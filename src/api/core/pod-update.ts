import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type { Container, EphemeralContainer, Pod, PodSpec, Toleration } from "../generated/core/v1.ts";
import { cloneJson, equalJson, isJsonObject } from "../patch/json-value.ts";

const MESSAGE =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** What is wrong with a change of a pod: only images, deadlines and added tolerations (and gates that go) may change. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const spec = pod.spec ?? ({ containers: [] } as PodSpec);
  const before = old.spec ?? ({ containers: [] } as PodSpec);
  const errors: FieldError[] = [];
  if ((spec.containers ?? []).length !== (before.containers ?? []).length) {
    return [forbiddenField("spec.containers", "pod updates may not add or remove containers")];
  }
  if ((spec.initContainers ?? []).length !== (before.initContainers ?? []).length) {
    return [forbiddenField("spec.initContainers", "pod updates may not add or remove containers")];
  }
  errors.push(...validateDeadline(spec, before), ...validateAddedTolerations(spec.tolerations, before.tolerations));
  const gated = (before.schedulingGates ?? []).length > 0;
  errors.push(...validateGatesOnly(spec, before));
  const allowed = withAllowedChanges(spec, before, gated);
  if (!equalJson(sortedJson(allowed), sortedJson(before))) {
    errors.push(forbiddenField("spec", `${MESSAGE}\n${changes(before, allowed, "spec").join("\n")}\n`));
  }
  return errors;
}

function validateDeadline(spec: PodSpec, before: PodSpec): FieldError[] {
  const field = "spec.activeDeadlineSeconds";
  if (before.activeDeadlineSeconds === undefined) return [];
  if (spec.activeDeadlineSeconds === undefined) {
    return [invalid(field, null, "must not update from a positive integer to nil value")];
  }
  return spec.activeDeadlineSeconds > before.activeDeadlineSeconds
    ? [invalid(field, spec.activeDeadlineSeconds, "must be less than or equal to previous value")]
    : [];
}

function validateAddedTolerations(now: readonly Toleration[] = [], before: readonly Toleration[] = []): FieldError[] {
  const key = ({ tolerationSeconds: _seconds, ...rest }: Toleration) => rest;
  const kept = before.every((old) => now.some((each) => equalJson(key(each), key(old))));
  return kept
    ? []
    : [forbiddenField("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")];
}

function validateGatesOnly(spec: PodSpec, before: PodSpec): FieldError[] {
  const names = new Set((before.schedulingGates ?? []).map((gate) => gate.name));
  const added = (spec.schedulingGates ?? []).map((gate) => gate.name).filter((name) => !names.has(name));
  return added.length === 0
    ? []
    : [
        forbiddenField(
          "spec.schedulingGates",
          `only deletion is allowed, but found new scheduling gates '${added.join(", ")}'`,
        ),
      ];
}

/** The new spec with everything put back that may change: what still differs may not. */
function withAllowedChanges(spec: PodSpec, before: PodSpec, gated: boolean): PodSpec {
  const copy: PodSpec = cloneJson(spec);
  const restoreImages = (
    now: readonly (Container | EphemeralContainer)[] = [],
    old: readonly (Container | EphemeralContainer)[] = [],
  ) => {
    for (const [index, container] of now.entries()) container.image = old[index]?.image ?? container.image;
  };
  restoreImages(copy.containers, before.containers);
  restoreImages(copy.initContainers, before.initContainers);
  restore(copy, before, "activeDeadlineSeconds");
  restore(copy, before, "tolerations");
  restore(copy, before, "schedulingGates");
  // Ephemeral containers have their own subresource, which brings a list that only grows.
  restore(copy, before, "ephemeralContainers");
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && copy.terminationGracePeriodSeconds === 1) {
    copy.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds!;
  }
  if (gated) {
    // A pod that waits behind a gate may still be narrowed down to fewer nodes.
    restore(copy, before, "nodeSelector");
    restore(copy, before, "affinity");
  }
  return copy;
}

function restore<K extends keyof PodSpec>(spec: PodSpec, before: PodSpec, key: K): void {
  if (before[key] === undefined) delete spec[key];
  else spec[key] = before[key];
}

/** Empty lists and maps count as absent. */
function sortedJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedJson);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, sortedJson(each)] as const)
      .filter(([, each]) => each !== undefined && !(Array.isArray(each) && each.length === 0)),
  );
}

function changes(before: unknown, after: unknown, path: string): string[] {
  if (equalJson(sortedJson(before), sortedJson(after))) return [];
  if (isJsonObject(before) && isJsonObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      changes(before[key], after[key], `${path}.${key}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((each, index) => changes(each, after[index], `${path}[${index}]`));
  }
  return [`  ${path}: ${JSON.stringify(before) ?? "(missing)"} -> ${JSON.stringify(after) ?? "(missing)"}`];
}

/** What is wrong with a write to the ephemeralcontainers subresource: the list may only grow. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  const now = pod.spec?.ephemeralContainers ?? [];
  const before = old.spec?.ephemeralContainers ?? [];
  const field = "spec.ephemeralContainers";
  const errors: FieldError[] = [];
  for (const container of before) {
    const same = now.find((each) => each.name === container.name);
    if (same === undefined) {
      errors.push(forbiddenField(field, `existing ephemeral containers ["${container.name}"] may not be removed\n`));
    } else if (!equalJson(sortedJson(same), sortedJson(container))) {
      errors.push(forbiddenField(field, `existing ephemeral containers ["${container.name}"] may not be changed\n`));
    }
  }
  return errors;
}
