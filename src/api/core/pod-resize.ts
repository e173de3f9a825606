import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type { Container, Pod, PodSpec, ResourceRequirements } from "../generated/core/v1.ts";
import { cloneJson, equalJson } from "../patch/json-value.ts";
import { qualityOfService } from "./pod-quality.ts";
import { MIRROR_POD } from "./validate-pod-annotations.ts";

const LISTS = ["containers", "initContainers"] as const;
const RESIZABLE = ["cpu", "memory"] as const;

/** Copies the resources of containers that are there under the same name, and the pod's own. In place. */
export function takeResources(wanted: Pod, draft: Pod): void {
  const to = draft.spec;
  if (to === undefined) return;
  for (const list of LISTS) {
    for (const container of to[list] ?? []) {
      const match = wanted.spec?.[list]?.find((each) => each.name === container.name);
      if (match === undefined) continue;
      take(container, match, "resources");
      take(container, match, "resizePolicy");
    }
  }
  if (wanted.spec !== undefined) take(to, wanted.spec, "resources");
}

function take<T extends object, K extends keyof T>(to: T, from: T, key: K): void {
  if (from[key] === undefined) delete to[key];
  else to[key] = from[key];
}

/** What an applied configuration says of resources, and nothing else. */
export function resourcesOnly(wanted: Pod): Pod {
  const containers = (list: readonly Container[] | undefined) =>
    list?.map(({ name, resources, resizePolicy }) => ({
      name,
      ...(resources && { resources }),
      ...(resizePolicy && { resizePolicy }),
    }));
  const { spec } = wanted;
  if (spec === undefined) return { ...wanted };
  return {
    ...wanted,
    spec: {
      ...(spec.containers && { containers: containers(spec.containers) }),
      ...(spec.initContainers && { initContainers: containers(spec.initContainers) }),
      ...(spec.resources && { resources: spec.resources }),
    } as PodSpec,
  };
}

/** What is wrong with a resize: only cpu and memory may change, none may go, and the pod keeps its quality of service. */
export function validatePodResize(pod: Pod, old: Pod, wanted: Pod): FieldError[] {
  const [spec, before] = [pod.spec!, old.spec!];
  // These two say all: nothing else is told of such a pod.
  if (old.metadata?.annotations?.[MIRROR_POD] !== undefined) {
    return [forbiddenField("[]", "static pods cannot be resized")];
  }
  if (before.os?.name === "windows") return [forbiddenField("[]", "windows pods cannot be resized")];
  const errors = [...validateWhole(pod, old), ...validatePodLevel(spec, before)];
  if ((old.status?.nodeAllocatableResourceClaimStatuses ?? []).length > 0) {
    errors.push(forbiddenField("spec", "pods with node allocatable resource claims cannot be resized"));
  }
  const order = LISTS.flatMap((list) => validateOrder(wanted.spec?.[list], before[list], `spec.${list}`));
  if (order.length > 0) return [...errors, ...order];
  for (const list of ["initContainers", "containers"] as const) {
    (before[list] ?? []).forEach((container, index) => {
      const now = spec[list]![index]!;
      errors.push(...validateKept(now, container, { field: `spec.${list}[${index}].resources`, what: "resource" }));
    });
  }
  (before.containers ?? []).forEach((container, index) => {
    if (!isOtherwiseChanged(spec.containers[index]!, container)) return;
    errors.push(forbiddenField("spec", "only cpu and memory resources are mutable"));
  });
  (before.initContainers ?? []).forEach((container, index) => {
    errors.push(...validateInit(spec.initContainers![index]!, container, `spec.initContainers[${index}]`));
  });
  return errors;
}

function validateWhole(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const quality = old.status?.qosClass ?? qualityOfService(old.spec!);
  if (qualityOfService(pod.spec!) !== quality) {
    errors.push(invalid("spec", quality, "Pod QOS Class may not change as a result of resizing"));
  }
  const running = old.status?.containerStatuses?.find((status) => status.state?.running !== undefined);
  if (running !== undefined && running.resources === undefined) {
    errors.push(forbiddenField("spec", "Pod running on node without support for resize"));
  }
  return errors;
}

/** What the pod has as a whole. */
function validatePodLevel(spec: PodSpec, before: PodSpec): FieldError[] {
  const isSet = ({ resources }: PodSpec): boolean =>
    Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0;
  if (!isSet(spec) && !isSet(before)) return [];
  const field = "spec.resources";
  if (before.resources !== undefined && spec.resources === undefined) {
    return [forbiddenField(field, "pod-level resources cannot be removed")];
  }
  const errors = validateKept(spec, before, { field, what: "pod-level resource" });
  if (isOtherwiseChanged({ resources: spec.resources }, { resources: before.resources })) {
    errors.push(forbiddenField("spec", "only cpu and memory resources are mutable at pod-level"));
  }
  return errors;
}

function validateInit(now: Container, before: Container, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (isOtherwiseChanged(now, before)) {
    errors.push(forbiddenField(field, "only cpu and memory resources for init or sidecar containers are mutable"));
  }
  if (now.restartPolicy === "Always" || equalJson(now, before)) return errors;
  const message = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
  const restarts = (now.resizePolicy ?? []).filter(({ restartPolicy }) => restartPolicy === "RestartContainer");
  return [...errors, ...restarts.map(() => forbiddenField(field, message))];
}

function validateOrder(wanted: readonly Container[] = [], before: readonly Container[] = [], field: string) {
  const list = field.split(".")[1];
  if (wanted.length !== before.length) {
    return [forbiddenField(field, `${list} may not be added or removed on resize`)];
  }
  return before.flatMap(({ name }, index) =>
    wanted[index]!.name === name
      ? []
      : [forbiddenField(`${field}[${index}].name`, `${list} may not be renamed or reordered on resize`)],
  );
}

interface Resized {
  resources?: ResourceRequirements | undefined;
}

function validateKept(now: Resized, before: Resized, { field, what }: { field: string; what: string }): FieldError[] {
  return (["requests", "limits"] as const).flatMap((key) =>
    Object.keys(before.resources?.[key] ?? {}).some((name) => now.resources?.[key]?.[name] === undefined)
      ? [forbiddenField(`${field}.${key}`, `${what} ${key} cannot be removed`)]
      : [],
  );
}

/** Whether more has changed than the amounts that may. */
const isOtherwiseChanged = (now: Resized, before: Resized): boolean =>
  !equalJson(withoutResizable(now), withoutResizable(before));

/** What is empty counts as absent. */
function withoutResizable<T extends Resized>(place: T): T {
  const copy = cloneJson(place);
  const { resources } = copy;
  if (resources === undefined) {
    delete copy.resources;
    return copy;
  }
  for (const key of ["requests", "limits"] as const) {
    for (const name of RESIZABLE) delete resources[key]?.[name];
    if (Object.keys(resources[key] ?? {}).length === 0) delete resources[key];
  }
  if (Object.keys(resources).length === 0) delete copy.resources;
  return copy;
}
