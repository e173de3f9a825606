import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { findCondition, isConditionTrue } from "../conditions.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { Container, ContainerState, ContainerStatus, Pod } from "../generated/core/v1.ts";
import { ageOf } from "../human-duration.ts";
import type { Column, RowCondition } from "../kind.ts";
import type { Fields } from "../read-fields.ts";

/** What `kubectl get pods` says of a pod. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** RFC 3339; absent when nothing restarted. */
  readonly lastRestart?: string | undefined;
}

const isRestartable = (container: Container | undefined): boolean => container?.restartPolicy === "Always";

let summarized: { pod: Pod; readonly summary: PodSummary } | undefined;

/** The columns of one row ask one after the other, and pods that are read one after the other share what is the same. */
function summaryOf(pod: Pod): PodSummary {
  if (summarized === undefined || !saysTheSame(pod, summarized.pod)) summarized = { pod, summary: summarizePod(pod) };
  else summarized.pod = pod;
  return summarized.summary;
}

/** True when all that a summary looks at is the very same. */
function saysTheSame(a: Pod, b: Pod): boolean {
  if (a === b) return true;
  return (
    a.spec?.containers === b.spec?.containers &&
    a.spec?.initContainers === b.spec?.initContainers &&
    a.metadata?.deletionTimestamp === b.metadata?.deletionTimestamp &&
    a.status?.phase === b.status?.phase &&
    a.status?.reason === b.status?.reason &&
    a.status?.conditions === b.status?.conditions &&
    a.status?.containerStatuses === b.status?.containerStatuses &&
    a.status?.initContainerStatuses === b.status?.initContainerStatuses
  );
}

/** READY, STATUS and RESTARTS, by upstream's rules. */
function summarizePod(pod: Pod): PodSummary {
  const status = pod.status ?? {};
  const sidecars = (pod.spec?.initContainers ?? []).filter(isRestartable).length;
  const total = (pod.spec?.containers ?? []).length + sidecars;
  const init = summarizeInit(pod);
  let reason = status.reason || status.phase || "";
  if (findCondition(status.conditions, "PodScheduled")?.reason === "SchedulingGated") reason = "SchedulingGated";
  if (init.reason !== undefined) reason = init.reason;
  let ready = init.ready;
  let { restarts, lastRestart } = init.all;
  if (init.reason === undefined || isConditionTrue(status.conditions, "Initialized")) {
    const main = summarizeMain(pod, reason);
    reason = main.reason;
    ready += main.ready;
    restarts = init.sidecars.restarts + main.restarts;
    lastRestart = later(init.sidecars.lastRestart, main.lastRestart);
  }
  if (pod.metadata?.deletionTimestamp !== undefined) {
    if (status.reason === "NodeLost") reason = "Unknown";
    else if (status.phase !== "Succeeded" && status.phase !== "Failed") reason = "Terminating";
  }
  return { ready, total, status: reason, restarts, lastRestart };
}

interface Restarts {
  restarts: number;
  lastRestart?: string | undefined;
}

function count(restarts: Restarts, container: ContainerStatus): void {
  restarts.restarts += container.restartCount ?? 0;
  restarts.lastRestart = later(restarts.lastRestart, container.lastState?.terminated?.finishedAt);
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

/** Looks at init containers up to the first that is not done; `reason` is set while the pod initializes. */
function summarizeInit(pod: Pod): { reason?: string; ready: number; all: Restarts; sidecars: Restarts } {
  const containers = new Map((pod.spec?.initContainers ?? []).map((container) => [container.name, container]));
  const all: Restarts = { restarts: 0 };
  const sidecars: Restarts = { restarts: 0 };
  let ready = 0;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const restartable = isRestartable(containers.get(status.name));
    count(all, status);
    if (restartable) count(sidecars, status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (restartable && status.started === true) {
      if (status.ready) ready++;
      continue;
    }
    let reason = `Init:${index}/${containers.size}`;
    if (terminated !== undefined) reason = `Init:${endOf(terminated)}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") reason = `Init:${waiting.reason}`;
    return { reason, ready, all, sidecars };
  }
  return { ready, all, sidecars };
}

function endOf(terminated: NonNullable<ContainerState["terminated"]>): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function summarizeMain(pod: Pod, before: string): Restarts & { reason: string; ready: number } {
  const restarts: Restarts = { restarts: 0 };
  let reason = before;
  let ready = 0;
  let running = false;
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    count(restarts, container);
    const { waiting, terminated, running: isRunning } = container.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated !== undefined) reason = endOf(terminated);
    else if (container.ready && isRunning !== undefined) {
      running = true;
      ready++;
    }
  }
  if (reason === "Completed" && running) {
    reason = isConditionTrue(pod.status?.conditions, "Ready") ? "Running" : "NotReady";
  }
  return { ...restarts, reason, ready };
}

const shownStatuses = {
  name: true,
  restartCount: true,
  ready: true,
  started: true,
  state: { waiting: { reason: true }, running: {}, terminated: { exitCode: true, reason: true, signal: true } },
  lastState: { terminated: { finishedAt: true } },
} as const;

/** What columns and row conditions look at: a fifth of a pod. Of containers it is their number. */
export const podColumnFields: Fields = {
  metadata: { name: true, creationTimestamp: true, deletionTimestamp: true },
  spec: { nodeName: true, containers: {}, initContainers: { name: true, restartPolicy: true }, readinessGates: true },
  status: {
    phase: true,
    reason: true,
    nominatedNodeName: true,
    podIP: true,
    podIPs: true,
    conditions: { type: true, status: true, reason: true },
    containerStatuses: shownStatuses,
    initContainerStatuses: shownStatuses,
  },
};

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  textColumn("Ready", "The aggregate readiness state of this pod for accepting traffic.", (pod) => {
    const { ready, total } = summaryOf(pod);
    return `${ready}/${total}`;
  }),
  textColumn("Status", "The aggregate status of the containers in this pod.", (pod) => summaryOf(pod).status),
  textColumn(
    "Restarts",
    "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
    (pod, nowMs) => {
      const { restarts, lastRestart } = summaryOf(pod);
      return restarts !== 0 && lastRestart !== undefined
        ? `${restarts} (${ageOf(lastRestart, nowMs)} ago)`
        : `${restarts}`;
    },
  ),
  ageColumn,
  wide(
    textColumn(
      "IP",
      columnTexts["core.v1.PodStatus.podIP"],
      (pod) => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || "<none>",
    ),
  ),
  wide(textColumn("Node", columnTexts["core.v1.PodSpec.nodeName"], (pod) => pod.spec?.nodeName || "<none>")),
  wide(
    textColumn(
      "Nominated Node",
      columnTexts["core.v1.PodStatus.nominatedNodeName"],
      (pod) => pod.status?.nominatedNodeName || "<none>",
    ),
  ),
  wide(
    textColumn("Readiness Gates", columnTexts["core.v1.PodSpec.readinessGates"], (pod) => {
      const gates = pod.spec?.readinessGates ?? [];
      const met = gates.filter((gate) => isConditionTrue(pod.status?.conditions, gate.conditionType)).length;
      return gates.length === 0 ? "<none>" : `${met}/${gates.length}`;
    }),
  ),
];

const ENDS: Readonly<Record<string, string>> = {
  Succeeded: "The pod has completed successfully.",
  Failed: "The pod failed.",
};

/** Clients may leave out rows of pods that have ended. */
export function podRowConditions({ status }: Pod): readonly RowCondition[] {
  const reason = status?.phase ?? "";
  const message = ENDS[reason];
  return message === undefined ? [] : [{ type: "Completed", status: "True", reason, message }];
}
