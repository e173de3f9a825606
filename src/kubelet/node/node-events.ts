import type { NodeCondition, NodeStatus } from "../../api/generated/core/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { EventRecorder, RecordedEvent } from "../../client/events.ts";

/** Conditions that events tell of, with what they are called when they are true and when they are not. */
const TOLD: readonly { readonly type: string; readonly isTrue: string; readonly isFalse: string }[] = [
  { type: "MemoryPressure", isTrue: "NodeHasInsufficientMemory", isFalse: "NodeHasSufficientMemory" },
  { type: "DiskPressure", isTrue: "NodeHasDiskPressure", isFalse: "NodeHasNoDiskPressure" },
  { type: "PIDPressure", isTrue: "NodeHasInsufficientPID", isFalse: "NodeHasSufficientPID" },
];
const READY = { type: "Ready", isTrue: "NodeReady", isFalse: "NodeNotReady" };

/**
 * What a kubelet tells of its node when the status changes, as upstream does. Pure. A condition that comes to be is told, but
 * for Ready: nobody had taken the node for anything before. A kubelet that starts compares with an empty status.
 */
export function nodeStatusEvents(nodeName: string, before: NodeStatus, after: NodeStatus): RecordedEvent[] {
  const told = TOLD.flatMap((each) => transition(each, before, after) ?? []);
  const ready = statusOf(before, READY.type) === undefined ? undefined : transition(READY, before, after);
  const reasons = ready === undefined ? told : [...told, ready];
  const [oldBoot, newBoot] = [before.nodeInfo?.bootID ?? "", after.nodeInfo?.bootID ?? ""];
  const rebooted: RecordedEvent[] =
    oldBoot === "" || oldBoot === newBoot
      ? []
      : [
          {
            type: "Warning",
            reason: "Rebooted",
            message: `Node ${nodeName} has been rebooted, boot id: ${newBoot}`,
          },
        ];
  return [...rebooted, ...reasons.map((reason) => nodeStatusEvent(nodeName, reason))];
}

/** The usual event of a node: its message repeats the reason. */
export function nodeStatusEvent(nodeName: string, reason: string): RecordedEvent {
  return { type: "Normal", reason, message: `Node ${nodeName} status is now: ${reason}` };
}

export const STARTING: RecordedEvent = { type: "Normal", reason: "Starting", message: "Starting kubelet." };

/** Tells of a node. As upstream its events name it by its name in place of its uid, which a kubelet does not know at first. */
export function tellOfNode(nodeName: string, events: EventRecorder, told: readonly RecordedEvent[]): void {
  const about: ApiObject = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } };
  for (const event of told) events.event(about, event);
}

function transition(
  { type, isTrue, isFalse }: (typeof TOLD)[number],
  before: NodeStatus,
  after: NodeStatus,
): string | undefined {
  const now = statusOf(after, type);
  if (now === undefined || now === statusOf(before, type)) return undefined;
  return now === "True" ? isTrue : isFalse;
}

function statusOf({ conditions }: NodeStatus, type: string): NodeCondition["status"] | undefined {
  return conditions?.find((condition) => condition.type === type)?.status;
}
