import type { Container, EphemeralContainer, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import type { PodIdentity } from "../labels.ts";

/** The parts of a pod from the API that are always there. */
export function identityOf(pod: Pod): PodIdentity {
  const { uid = "", namespace = "", name = "" } = pod.metadata ?? {};
  return { uid, namespace, name };
}

export type AnyContainer = Container | EphemeralContainer;

export type ContainerKind = "init" | "regular" | "ephemeral";

export interface PodContainer {
  readonly kind: ContainerKind;
  readonly container: AnyContainer;
}

/** The last answer: one look at a pod asks ten times. */
let lastSpec: PodSpec | undefined;
let lastContainers: readonly PodContainer[] = [];

/** All containers of a pod: init containers first, in order, then the regular ones, then the ephemeral ones. */
export function podContainers({ spec = NO_CONTAINERS }: Pod): readonly PodContainer[] {
  if (spec === lastSpec) return lastContainers;
  const all: PodContainer[] = [];
  for (const container of spec.initContainers ?? []) all.push({ kind: "init", container });
  for (const container of spec.containers ?? []) all.push({ kind: "regular", container });
  for (const container of spec.ephemeralContainers ?? []) all.push({ kind: "ephemeral", container });
  lastSpec = spec;
  lastContainers = all;
  return all;
}

const NO_CONTAINERS: PodSpec = { containers: [] };

export function findContainer(pod: Pod, name: string): PodContainer | undefined {
  const { initContainers, containers, ephemeralContainers } = pod.spec ?? { containers: [] };
  return (
    named("init", initContainers, name) ??
    named("regular", containers, name) ??
    named("ephemeral", ephemeralContainers, name)
  );
}

function named(kind: ContainerKind, containers: readonly AnyContainer[] | undefined, name: string) {
  const container = containers?.find((each) => each.name === name);
  return container && { kind, container };
}

/** An init container that keeps running beside the regular ones (a native sidecar). */
export function isSidecar(container: AnyContainer): boolean {
  return container.restartPolicy === "Always";
}

export function isProbed({ livenessProbe, readinessProbe, startupProbe }: AnyContainer): boolean {
  return livenessProbe !== undefined || readinessProbe !== undefined || startupProbe !== undefined;
}

/** Field path of a container in events, e.g. `spec.containers{web}`. */
export function containerFieldPath(pod: Pod, name: string): string {
  const found = findContainer(pod, name);
  const list = { init: "initContainers", regular: "containers", ephemeral: "ephemeralContainers" } as const;
  return `spec.${list[found?.kind ?? "regular"]}{${name}}`;
}

/** `web_default(uid)`, as upstream's messages name pods. */
export function formatPod({ uid, namespace, name }: PodIdentity): string {
  return `${name}_${namespace}(${uid})`;
}

/** Whether the pod shares the node's network. */
export function isHostNetwork(pod: Pod): boolean {
  return pod.spec?.hostNetwork === true;
}

/** How long the pod's containers may take to end, in seconds. */
export function gracePeriodSeconds(pod: Pod): number {
  return pod.metadata?.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}

/** Whether a phase is final. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}
