import { requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type { Container, EphemeralContainer, Pod, PodSpec, Toleration } from "../generated/core/v1.ts";
import { rangeMessage } from "../names.ts";
import { cloneJson, equalJson, isJsonObject } from "../patch/json-value.ts";
import { validateGatedChange } from "./pod-gated-update.ts";
import { validateImage } from "./validate-container.ts";
import { APP_ARMOR, MIRROR_POD, validatePodAnnotations } from "./validate-pod-annotations.ts";
import { validateTolerations } from "./validate-tolerations.ts";

const MESSAGE =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** What is wrong with a change of a pod: only images, deadlines and added tolerations (and gates that go) may change. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const spec = pod.spec ?? ({ containers: [] } as PodSpec);
  const before = old.spec ?? ({ containers: [] } as PodSpec);
  const { annotations } = pod.metadata ?? {};
  // What is wrong with annotations, images and tolerations was told before, but upstream tells it of a change again.
  const errors = [
    ...validateAnnotationChange(annotations, old.metadata?.annotations, "metadata.annotations"),
    ...validatePodAnnotations(annotations, spec, "metadata.annotations"),
  ];
  for (const list of ["containers", "initContainers"] as const) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length) {
      return [...errors, forbiddenField(`spec.${list}`, "pod updates may not add or remove containers")];
    }
    (spec[list] ?? []).forEach((container, index) => {
      const path = `spec.${list}[${index}]`;
      errors.push(...requiredText(container.image, `${path}.image`), ...validateImage(container, path));
    });
  }
  const deadline = validateDeadline(spec, before);
  errors.push(...deadline.errors);
  if (deadline.stop) return errors;
  errors.push(...validateAddedTolerations(spec.tolerations, before.tolerations), ...validateGatesOnly(spec, before));
  const gated = (before.schedulingGates ?? []).length > 0;
  if (gated) errors.push(...validateGatedChange(spec, before));
  const allowed = withAllowedChanges(spec, before, gated);
  if (!equalJson(sortedJson(allowed), sortedJson(before))) {
    errors.push(forbiddenField("spec", `${MESSAGE}\n${changes(before, allowed, "spec").join("\n")}\n`));
  }
  return errors;
}

const SECONDS_MAX = 2147483647;

/** A deadline can be set and come nearer. What is wrong with it otherwise ends the whole look at the change. */
function validateDeadline(spec: PodSpec, before: PodSpec): { errors: FieldError[]; stop: boolean } {
  const field = "spec.activeDeadlineSeconds";
  const [now, was] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds];
  if (now === undefined) {
    const gone = invalid(field, "null", "must not update from a positive integer to nil value");
    return { errors: was === undefined ? [] : [gone], stop: false };
  }
  if (now < 0 || now > SECONDS_MAX) return { errors: [invalid(field, now, rangeMessage(0, SECONDS_MAX))], stop: true };
  if (was === undefined || now <= was) return { errors: [], stop: false };
  return { errors: [invalid(field, now, "must be less than or equal to previous value")], stop: true };
}

function validateAddedTolerations(now: readonly Toleration[] = [], before: readonly Toleration[] = []): FieldError[] {
  const key = ({ tolerationSeconds: _seconds, ...rest }: Toleration) => rest;
  const kept = before.every((old) => now.some((each) => equalJson(key(each), key(old))));
  return kept
    ? validateTolerations(now, "spec.tolerations")
    : [forbiddenField("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")];
}

function validateGatesOnly(spec: PodSpec, before: PodSpec): FieldError[] {
  const names = new Set((before.schedulingGates ?? []).map((gate) => gate.name));
  return (spec.schedulingGates ?? []).flatMap(({ name }, index) =>
    names.has(name)
      ? []
      : [
          forbiddenField(
            `spec.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  );
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
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && copy.terminationGracePeriodSeconds === 1) {
    copy.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds!;
  }
  if (gated) {
    // A pod that waits behind a gate may still be narrowed down to fewer nodes.
    restore(copy, before, "nodeSelector");
    restoreNodeAffinity(copy, before);
  }
  return copy;
}

function restore<K extends keyof PodSpec>(spec: PodSpec, before: PodSpec, key: K): void {
  if (before[key] === undefined) delete spec[key];
  else spec[key] = before[key];
}

function restoreNodeAffinity(spec: PodSpec, before: PodSpec): void {
  const { nodeAffinity: _now, ...others } = spec.affinity ?? {};
  const nodeAffinity = before.affinity?.nodeAffinity;
  const affinity = nodeAffinity === undefined ? others : { ...others, nodeAffinity };
  // None at all, and one without anything, are the same here.
  if (Object.keys(affinity).length > 0 || before.affinity !== undefined) spec.affinity = affinity;
  else delete spec.affinity;
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

/** Annotations that a running pod was made from stay as they are. */
export function validateAnnotationChange(
  now: Readonly<Record<string, string>> | undefined,
  before: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const what = (key: string): string | undefined =>
    key.startsWith(APP_ARMOR) ? "AppArmor annotations" : key === MIRROR_POD ? "mirror pod annotation" : undefined;
  const refuse = (key: string, verb: string): FieldError[] => {
    const name = what(key);
    return name === undefined ? [] : [forbiddenField(`${field}[${key}]`, `may not ${verb} ${name}`)];
  };
  return [
    ...Object.keys(before ?? {}).flatMap((key) => (now?.[key] === before![key] ? [] : refuse(key, "remove or update"))),
    ...Object.keys(now ?? {}).flatMap((key) => (before?.[key] === undefined ? refuse(key, "add") : [])),
  ];
}

/** What is wrong with a write to the ephemeralcontainers subresource: the list may only grow. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata?.annotations?.[MIRROR_POD] !== undefined) {
    return [forbiddenField("[]", "static pods do not support ephemeral containers")];
  }
  const now = pod.spec?.ephemeralContainers ?? [];
  const before = old.spec?.ephemeralContainers ?? [];
  const field = "spec.ephemeralContainers";
  const errors: FieldError[] = [];
  for (const container of before) {
    const same = now.find((each) => each.name === container.name);
    if (same === undefined) {
      errors.push(forbiddenField(field, `existing ephemeral containers "${container.name}" may not be removed\n`));
    } else if (!equalJson(sortedJson(same), sortedJson(container))) {
      const difference = changes(container, same, container.name).join("\n");
      const message = `existing ephemeral containers "${container.name}" may not be changed\n${difference}\n`;
      errors.push(forbiddenField(field, message));
    }
  }
  return errors;
}
