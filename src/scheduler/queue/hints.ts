import type { PodFacts } from "../facts/pod-facts.ts";
import type { ClusterEvent, EventInterest } from "./cluster-event.ts";

/** The interests of all plugins, by plugin name. */
export type Interests = ReadonlyMap<string, readonly EventInterest[]>;

/**
 * True when the event may make the pod schedulable: one of the plugins that rejected it asked for such events and finds
 * that this one helps. A plugin that asks for nothing is taken to be helped by anything.
 */
export function isWorthRetry(
  pod: PodFacts,
  event: ClusterEvent,
  rejection: { by: readonly string[]; interests: Interests },
): boolean {
  if (event.on === "waitingPod" && event.after?.uid !== pod.uid) return false;
  if (event.on === "assignedPod" && pod.needs.priority > (event.upToPriority ?? pod.needs.priority)) return false;
  if (rejection.by.length === 0) return true;
  return rejection.by.some((name) => {
    const interests = rejection.interests.get(name);
    if (interests === undefined) return true;
    return interests.some(
      (interest) =>
        interest.on === event.on &&
        (interest.actions & event.actions) !== 0 &&
        (interest.helps === undefined || interest.helps(pod, event)),
    );
  });
}
