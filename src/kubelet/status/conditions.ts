import type { ContainerStatus, Pod, PodCondition } from "../../api/generated/core/v1.ts";
import { isSidecar } from "../pods/pod.ts";
import { RESIZE_CONDITIONS } from "../resize/conditions.ts";
import type { Phase } from "./phase.ts";

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly init: readonly ContainerStatus[];
  readonly regular: readonly ContainerStatus[];
  /** The sandbox runs and has its network. */
  readonly sandboxReady: boolean;
}

type Verdict = Pick<PodCondition, "type" | "status" | "reason" | "message">;

/** The conditions that the kubelet keeps, without times. */
export function podConditions(input: ConditionInput): Verdict[] {
  const containersReady = containersReadyCondition(input);
  return [
    { type: "PodReadyToStartContainers", status: input.sandboxReady ? "True" : "False" },
    initializedCondition(input),
    readyCondition(input, containersReady),
    containersReady,
    { type: "PodScheduled", status: "True" },
  ];
}

/** Types of the conditions above, and of those of a resize: no other one is the kubelet's. */
export const KUBELET_CONDITIONS: ReadonlySet<string> = new Set([
  ...RESIZE_CONDITIONS,
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
]);

function initializedCondition({ pod, phase, init, regular }: ConditionInput): Verdict {
  const type = "Initialized";
  if (phase === "Succeeded") return { type, status: "True", reason: "PodCompleted" };
  const begun = regular.some(({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated);
  // Who was initialized once stays so, whatever becomes of the sidecars.
  if (begun) return { type, status: "True" };
  const incomplete: string[] = [];
  for (const container of pod.spec?.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    const done = isSidecar(container) ? status?.started === true : status?.ready === true;
    if (!done) incomplete.push(container.name);
  }
  if (incomplete.length === 0) return { type, status: "True" };
  const message = `containers with incomplete status: [${incomplete.join(" ")}]`;
  return { type, status: "False", reason: "ContainersNotInitialized", message };
}

function containersReadyCondition({ pod, phase, init, regular }: ConditionInput): Verdict {
  const type = "ContainersReady";
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  const unknown: string[] = [];
  const unready: string[] = [];
  const look = (name: string, statuses: readonly ContainerStatus[]): void => {
    const status = statuses.find((each) => each.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  };
  for (const container of pod.spec?.initContainers ?? []) if (isSidecar(container)) look(container.name, init);
  for (const { name } of pod.spec?.containers ?? []) look(name, regular);
  if (unknown.length === 0 && unready.length === 0) return { type, status: "True" };
  const parts = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(" ")}]`] : []),
    ...(unready.length > 0 ? [`containers with unready status: [${unready.join(" ")}]`] : []),
  ];
  return { type, status: "False", reason: "ContainersNotReady", message: parts.join(", ") };
}

function readyCondition({ pod }: ConditionInput, containersReady: Verdict): Verdict {
  const type = "Ready";
  if (containersReady.status !== "True") return { ...containersReady, type };
  const missing: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const found = pod.status?.conditions?.find((condition) => condition.type === conditionType);
    if (found === undefined)
      missing.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (found.status !== "True") {
      missing.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`);
    }
  }
  if (missing.length === 0) return { type, status: "True" };
  return { type, status: "False", reason: "ReadinessGatesNotReady", message: missing.join(", ") };
}
