import type { Container, Pod, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { isResizable } from "../resize/allocation.ts";
import { containerResize } from "../resize/container-resize.ts";
import { containerHash } from "./container-config.ts";
import { type AnyContainer, isHostNetwork, isSidecar, type PodContainer, podContainers } from "./pod.ts";
import { shouldRestart } from "./restart-policy.ts";
import {
  hashOf,
  instances,
  isRunning,
  newest,
  type PodContainerStatus,
  type PodRuntimeState,
  readySandbox,
} from "./runtime-state.ts";

export interface PlanInput {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
  /** Wall time until which an ended container must not be started again; undefined when it may. */
  restartWaitUntil(container: string, ended: PodContainerStatus): number | undefined;
  /** Whether a running container has passed its startup probe. */
  hasStarted(containerId: string, container: AnyContainer): boolean;
  /** Which probe says that a running container must be replaced. */
  failedProbe(containerId: string): "liveness" | "startup" | undefined;
  /** What a running container of a pod that was resized has; what is allocated to it where nobody says. */
  actual?(status: PodContainerStatus, container: Container): ResourceRequirements;
}

export interface PodPlan {
  /** What must be done before anything else: nothing, a first sandbox, or all away and a new sandbox. */
  readonly sandbox: "keep" | "create" | "replace";
  readonly kill: readonly PlannedKill[];
  readonly start: readonly PodContainer[];
  /** Containers that must wait before they are started again. */
  readonly backOff: readonly {
    readonly container: PodContainer;
    readonly ended: PodContainerStatus;
    readonly untilMs: number;
  }[];
  /** Nothing of this pod runs or will run again: it has done its work, or failed for good. */
  readonly finished: boolean;
}

export interface PlannedKill {
  readonly status: PodContainerStatus;
  readonly message: string;
  /** What is to be resized is in `start` as well, however it ends. */
  readonly because: "liveness" | "startup" | "changed" | "unknown" | "resize";
}

interface Draft {
  readonly kill: PlannedKill[];
  readonly start: PodContainer[];
  readonly backOff: { container: PodContainer; ended: PodContainerStatus; untilMs: number }[];
}

const KEEP = { sandbox: "keep", kill: [], start: [], backOff: [], finished: false } as const;

/** What to do next, so that what runs comes closer to what the pod wants. Pure; asked again after each step. */
export function planPod(input: PlanInput): PodPlan {
  const { pod, state } = input;
  if (state.sandboxes.length === 0 || sandboxIsLost(pod, state)) {
    if (nothingLeftToRun(input)) return { ...KEEP, finished: true };
    return { ...KEEP, sandbox: state.sandboxes.length === 0 ? "create" : "replace" };
  }
  const draft: Draft = { kill: [], start: [], backOff: [] };
  planEphemeral(input, draft);
  const initialized = planInit(input, draft);
  if (initialized === "failed") return { ...KEEP, finished: true };
  if (initialized === "done") planRegular(input, draft);
  const finished = initialized === "done" && regularAreDone(input);
  return { sandbox: "keep", ...draft, ...(finished && { start: [], backOff: [] }), finished };
}

/** What starts in a new sandbox before anything of the pod has run: the first init container, or else all regular ones. */
export function firstToStart(pod: Pod): PodContainer[] {
  const all = podContainers(pod);
  const init = all.find(({ kind }) => kind === "init");
  return init === undefined ? all.filter(({ kind }) => kind === "regular") : [init];
}

/** A pod has one ready sandbox, in the right network, with an address. */
function sandboxIsLost(pod: Pod, state: PodRuntimeState): boolean {
  const ready = state.sandboxes.filter((sandbox) => sandbox.state === "SANDBOX_READY");
  const sandbox = readySandbox(state);
  if (ready.length !== 1 || sandbox === undefined) return true;
  return !isHostNetwork(pod) && sandbox.ips.length === 0;
}

/** Without a sandbox: whether all containers ended in a way that needs no other one. */
function nothingLeftToRun(input: PlanInput): boolean {
  const { pod, state } = input;
  if (state.containers.length === 0) return false;
  const init = podContainers(pod).filter(({ kind, container }) => kind === "init" && !isSidecar(container));
  const failed = init.some((entry) => {
    const last = newest(state, entry.container.name);
    return last !== undefined && hasEnded(last) && last.exitCode !== 0 && !shouldRestart(pod, entry, last.exitCode);
  });
  return failed || regularAreDone(input);
}

function regularAreDone({ pod, state }: PlanInput): boolean {
  return podContainers(pod)
    .filter(({ kind }) => kind === "regular")
    .every((entry) => {
      const last = newest(state, entry.container.name);
      return last !== undefined && hasEnded(last) && !shouldRestart(pod, entry, last.exitCode);
    });
}

function hasEnded(status: PodContainerStatus): boolean {
  return status.state === "CONTAINER_EXITED";
}

function planEphemeral({ pod, state }: PlanInput, draft: Draft): void {
  for (const entry of podContainers(pod)) {
    if (entry.kind === "ephemeral" && newest(state, entry.container.name) === undefined) draft.start.push(entry);
  }
}

/** Init containers one after another; a sidecar lets the next one come once it has started. */
function planInit(input: PlanInput, draft: Draft): "done" | "waiting" | "failed" {
  const { pod } = input;
  const regularCame = hasRegularContainer(input);
  for (const entry of podContainers(pod).filter(({ kind }) => kind === "init")) {
    const { container } = entry;
    const status = inSandbox(input, container.name);
    if (isSidecar(container)) {
      planOne(input, entry, draft);
      const up = status !== undefined && isRunning(status) && input.hasStarted(status.id, container);
      if (!up && !regularCame) return "waiting";
      continue;
    }
    // Once a regular container came, all init containers had succeeded, even when their remains were removed since.
    if (regularCame) continue;
    if (status !== undefined && hasEnded(status)) {
      if (status.exitCode === 0) continue;
      if (!shouldRestart(pod, entry, status.exitCode)) return "failed";
    }
    planOne(input, entry, draft);
    return "waiting";
  }
  return "done";
}

function hasRegularContainer(input: PlanInput): boolean {
  return (input.pod.spec?.containers ?? []).some(({ name }) => inSandbox(input, name) !== undefined);
}

/** The newest instance of a container in the pod's current sandbox. */
function inSandbox({ state }: PlanInput, name: string): PodContainerStatus | undefined {
  const sandbox = readySandbox(state);
  return instances(state, name).find(({ podSandboxId }) => podSandboxId === sandbox?.id);
}

function planRegular(input: PlanInput, draft: Draft): void {
  for (const entry of podContainers(input.pod)) if (entry.kind === "regular") planOne(input, entry, draft);
}

/** Starts a container that is not there, replaces one that must not stay, and starts an ended one again in time. */
function planOne(input: PlanInput, entry: PodContainer, draft: Draft): void {
  const { container } = entry;
  const status = inSandbox(input, container.name);
  if (status === undefined) {
    const earlier = newest(input.state, container.name);
    const done = earlier !== undefined && hasEnded(earlier) && !shouldRestart(input.pod, entry, earlier.exitCode);
    if (!done || entry.kind === "init") draft.start.push(entry);
    return;
  }
  if (isRunning(status)) {
    const kill = reasonToKill(input, entry, status);
    if (kill !== undefined) draft.kill.push(kill);
    if (kill?.because === "resize") draft.start.push(entry);
    return;
  }
  if (!hasEnded(status)) {
    const message = `Container ${container.name} is in an unknown state, try killing it before restart`;
    draft.kill.push({ status, message, because: "unknown" });
    return;
  }
  if (!shouldRestart(input.pod, entry, status.exitCode)) return;
  const untilMs = input.restartWaitUntil(container.name, status);
  if (untilMs === undefined) draft.start.push(entry);
  else draft.backOff.push({ container: entry, ended: status, untilMs });
}

function reasonToKill(input: PlanInput, entry: PodContainer, status: PodContainerStatus): PlannedKill | undefined {
  const { container } = entry;
  const hash = hashOf(status);
  if (hash !== undefined && hash !== containerHash(container)) {
    return { status, because: "changed", message: `Container ${container.name} definition changed, will be restarted` };
  }
  const probe = input.failedProbe(status.id);
  if (probe !== undefined) {
    return { status, because: probe, message: `Container ${container.name} failed ${probe} probe, will be restarted` };
  }
  const actual = isResizable(entry) ? input.actual?.(status, container as Container) : undefined;
  if (actual === undefined || !containerResize(container as Container, actual).restarts) return undefined;
  return { status, because: "resize", message: `Container ${container.name} resize requires restart` };
}
