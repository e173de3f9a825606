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
  const errors: FieldError[] = [];
  const quality = old.status?.qosClass ?? qualityOfService(before);
  if (qualityOfService(spec) !== quality) {
    errors.push(invalid("spec", quality, "Pod QOS Class may not change as a result of resizing"));
  }
  const running = old.status?.containerStatuses?.find((status) => status.state?.running !== undefined);
  if (running !== undefined && running.resources === undefined) {
    errors.push(forbiddenField("spec", "Pod running on node without support for resize"));
  }
  const order = LISTS.flatMap((list) => validateOrder(wanted.spec?.[list], before[list], `spec.${list}`));
  if (order.length > 0) return [...errors, ...order];
  for (const list of LISTS) {
    (before[list] ?? []).forEach((container, index) => {
      const now = spec[list]![index]!;
      errors.push(...validateKept(now.resources, container.resources, `spec.${list}[${index}].resources`));
    });
  }
  errors.push(...validateKept(spec.resources, before.resources, "spec.resources"));
  return [...errors, ...validateRest(spec, before)];
}

/** Everything but cpu and memory stays. */
function validateRest(spec: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  (before.initContainers ?? []).forEach((container, index) => {
    const now = spec.initContainers![index]!;
    if (equalJson(withoutResizable({ containers: [now] }), withoutResizable({ containers: [container] }))) return;
    const of = container.restartPolicy === "Always" ? " for sidecar containers" : "";
    errors.push(forbiddenField("spec", `only cpu and memory resources${of} are mutable`));
  });
  const others = ({ initContainers: _, ...rest }: PodSpec): PodSpec => withoutResizable(rest);
  if (!equalJson(others(spec), others(before))) {
    errors.push(forbiddenField("spec", "only cpu and memory resources are mutable"));
  }
  return errors;
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

function validateKept(
  now: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
  field: string,
): FieldError[] {
  return (["requests", "limits"] as const).flatMap((key) =>
    Object.keys(before?.[key] ?? {}).some((name) => now?.[key]?.[name] === undefined)
      ? [forbiddenField(`${field}.${key}`, `resource ${key} cannot be removed`)]
      : [],
  );
}

/** The spec without the amounts that may change; what is empty counts as absent. */
function withoutResizable(spec: PodSpec): PodSpec {
  const copy = cloneJson(spec);
  const strip = (place: { resources?: ResourceRequirements }): void => {
    for (const key of ["requests", "limits"] as const) {
      const amounts = place.resources?.[key];
      if (amounts === undefined) continue;
      for (const name of RESIZABLE) delete amounts[name];
      if (Object.keys(amounts).length === 0) delete place.resources![key];
    }
    if (place.resources !== undefined && Object.keys(place.resources).length === 0) delete place.resources;
  };
  for (const list of LISTS) for (const container of copy[list] ?? []) strip(container);
  strip(copy);
  return copy;
}
