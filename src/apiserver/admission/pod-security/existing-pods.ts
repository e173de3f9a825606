import type { Pod } from "../../../api/generated/core/v1.ts";
import { controllerOf } from "../../../api/meta.ts";
import { type Policy, violationReasons } from "./policy.ts";

/** Upstream looks at no more, and says how many it did not see. */
const LOOK_AT_MOST = 3000;

/** Told where there are more pods than were looked at. */
export function unseenPods({ length }: readonly Pod[]): string[] {
  if (length <= LOOK_AT_MOST) return [];
  return [`new PodSecurity enforce level only checked against the first ${LOOK_AT_MOST} of ${length} existing pods`];
}

/** Lines that tell which pods do not keep to a policy, pods of the same reasons together: `a (and 2 other pods): …`. */
export function existingViolations(all: readonly Pod[], policy: Policy): string[] {
  const lines = new Map<string, string[]>();
  const seen = new Set<string>();
  const looked = all.slice(0, LOOK_AT_MOST);
  for (const pod of looked) {
    const { metadata, spec } = pod;
    const reasons = spec === undefined ? undefined : violationReasons({ metadata, spec }, policy);
    if (reasons === undefined) continue;
    // Pods of one owner are the same pod many times over.
    const owner = controllerOf(pod)?.uid;
    const key = `${owner ?? metadata?.uid} ${reasons}`;
    const names = lines.get(reasons) ?? [];
    lines.set(reasons, names);
    if (seen.has(key)) names.push("");
    else names.unshift(metadata?.name ?? "");
    seen.add(key);
  }
  return [...lines].map(([reasons, names]) => `${subject(names)}: ${reasons}`).sort();
}

function subject(names: readonly string[]): string {
  const [first = ""] = names.filter((name) => name !== "").sort();
  const others = names.length - 1;
  if (others === 0) return first;
  return `${first} (and ${others} other ${others === 1 ? "pod" : "pods"})`;
}
