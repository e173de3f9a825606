import { findCondition } from "../../api/conditions.ts";
import type { PodCondition, PodStatus } from "../../api/generated/core/v1.ts";
import { createInterner, createListInterner } from "../../base/intern.ts";
import { isHostNetwork, isTerminalPhase } from "../pods/pod.ts";
import { qosClass } from "../pods/resources.ts";
import { isRunning, readySandbox } from "../pods/runtime-state.ts";
import { type ResizeCondition, resizeConditions } from "../resize/conditions.ts";
import { podConditions } from "./conditions.ts";
import { type ContainerStatusInput, containerStatuses } from "./container-status.ts";
import { type Phase, podPhase } from "./phase.ts";

export interface PodStatusInput extends ContainerStatusInput {
  readonly hostIps: readonly string[];
  /** RFC 3339: when the kubelet first saw the pod. */
  readonly startTime: string;
  /** RFC 3339. */
  readonly now: string;
  /** What the kubelet wrote last; its condition times and addresses are carried on. */
  readonly before: PodStatus;
  /** All containers have ended and none will run again. */
  readonly terminal: boolean;
  /** Set when the kubelet itself ended the pod: rejected, evicted, deadline exceeded. */
  readonly verdict?: {
    readonly reason: string;
    readonly message: string;
    readonly condition?: Pick<PodCondition, "type" | "status" | "reason" | "message">;
  };
}

/** Of pods that start in the same second. */
const internCondition = createInterner<PodCondition>();
const internConditions = createListInterner<PodCondition>();

/** The status of a pod as the API shall show it. Pure. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, before, verdict } = input;
  const init = containerStatuses(input, "init");
  const regular = containerStatuses(input, "regular");
  const ephemeral = containerStatuses(input, "ephemeral");
  const phase = phaseOf(input, { init, regular });
  const status: PodStatus = {
    phase,
    ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    ...(verdict !== undefined && { reason: verdict.reason, message: verdict.message }),
    ...(verdict === undefined && isTerminalPhase(before.phase) && { reason: before.reason, message: before.message }),
    conditions: conditions(input, { phase, init, regular }),
    ...addresses(input),
    startTime: input.startTime,
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: regular,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: qosClass(pod),
  };
  return status;
}

/** A phase that is final stays, and a pod that the kubelet gave up has failed once nothing runs any more. */
function phaseOf(input: PodStatusInput, statuses: Parameters<typeof podPhase>[1]): Phase {
  const { before, state, verdict } = input;
  if (isTerminalPhase(before.phase)) return before.phase as Phase;
  if (verdict !== undefined && !state.containers.some(isRunning)) return "Failed";
  return podPhase(input.pod, statuses, input.terminal);
}

function conditions(
  { pod, state, now, before, resize, ending, verdict: ended }: PodStatusInput,
  { phase, init, regular }: { phase: Phase } & Parameters<typeof podPhase>[1],
): PodCondition[] {
  const sandbox = readySandbox(state);
  const sandboxReady = sandbox !== undefined && (isHostNetwork(pod) || sandbox.ips.length > 0);
  const generation = pod.metadata?.generation;
  // Whatever others wrote (readiness gates, DisruptionTarget) is theirs and not part of what is sent.
  const former = (type: string) =>
    findCondition(before.conditions, type) ?? findCondition(pod.status?.conditions, type);
  const all: ResizeCondition[] = podConditions({ pod, phase, init, regular, sandboxReady });
  if (ended?.condition !== undefined) all.push(ended.condition);
  if (resize !== undefined && !ending) all.push(...resizeConditions(resize));
  const told = all.map((verdict) => {
    const known = former(verdict.type);
    const observed = verdict.observedGeneration ?? generation;
    if (known !== undefined && saysTheSame(known, verdict, observed)) return known;
    // Reason and message belong to the verdict: none of an earlier one may shine through.
    const condition: PodCondition = { ...verdict, lastTransitionTime: now };
    if (known?.status === verdict.status) condition.lastTransitionTime = known.lastTransitionTime ?? now;
    if (observed !== undefined) condition.observedGeneration = observed;
    return internCondition(condition);
  });
  return internConditions(told);
}

/** Whether a condition that was told is the one that is to be told. */
function saysTheSame(known: PodCondition, verdict: PodCondition, generation: number | undefined): boolean {
  return (
    known.status === verdict.status &&
    known.reason === verdict.reason &&
    known.message === verdict.message &&
    known.observedGeneration === generation &&
    known.lastTransitionTime !== undefined &&
    known.lastProbeTime === undefined
  );
}

function addresses({ pod, state, hostIps, before }: PodStatusInput): Partial<PodStatus> {
  const sandbox = readySandbox(state);
  const own = sandbox === undefined ? (before.podIPs ?? []).map(({ ip }) => ip) : sandbox.ips;
  const podIps = isHostNetwork(pod) && (sandbox !== undefined || before.podIP !== undefined) ? hostIps : own;
  return {
    ...(hostIps[0] !== undefined && { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] !== undefined && { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
  };
}
