import type { Pod } from "../../api/generated/core/v1.ts";
import { podRequests, qosClass } from "../pods/resources.ts";

/** A resize that has no answer yet, or was deferred. */
export interface WaitingResize {
  readonly wanted: Pod;
  readonly allocated: Pod;
  /** Wall time since when it has been deferred; undefined when it is new. */
  readonly sinceMs: number | undefined;
}

/**
 * Who is judged first: resizes that ask for nothing more, then pods of higher priority, guaranteed ones before others, and what
 * has waited longest. Pure.
 */
export function compareResizes(one: WaitingResize, other: WaitingResize): number {
  return (
    Number(asksForMore(one)) - Number(asksForMore(other)) ||
    (other.wanted.spec?.priority ?? 0) - (one.wanted.spec?.priority ?? 0) ||
    Number(isGuaranteed(other)) - Number(isGuaranteed(one)) ||
    Math.sign((one.sinceMs ?? Number.MAX_VALUE) - (other.sinceMs ?? Number.MAX_VALUE))
  );
}

function asksForMore({ wanted, allocated }: WaitingResize): boolean {
  const [now, before] = [podRequests(wanted), podRequests(allocated)];
  return ["cpu", "memory"].some((name) => (now[name] ?? 0) > (before[name] ?? 0));
}

function isGuaranteed({ wanted }: WaitingResize): boolean {
  return qosClass(wanted) === "Guaranteed";
}
