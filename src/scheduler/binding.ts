import { errorMessage } from "../base/assert.ts";
import type { PodFacts } from "./facts/pod-facts.ts";
import type { Rejection } from "./framework.ts";
import type { Profile } from "./profile.ts";

/** How a binding ended. */
export type BindingResult =
  | { readonly outcome: "bound" }
  /** A plugin changed its mind: the pod waits for an event that helps. */
  | { readonly outcome: "rejected"; readonly plugin: string; readonly rejection: Rejection }
  /** Something broke: the pod is tried again after its back-off. */
  | { readonly outcome: "failed"; readonly message: string };

/** Takes what plugins reserve for the pod; what was taken is given back when one of them objects. */
export function reserve(
  profile: Profile,
  pod: PodFacts,
  nodeName: string,
): { plugin: string; rejection: Rejection } | undefined {
  for (const plugin of profile.reserve) {
    const rejection = plugin.reserve(pod, nodeName);
    if (rejection === undefined) continue;
    unreserve(profile, pod, nodeName);
    return { plugin: plugin.name, rejection };
  }
  return undefined;
}

/** Gives back what plugins reserved, in reverse order. */
export function unreserve(profile: Profile, pod: PodFacts, nodeName: string): void {
  for (const plugin of [...profile.reserve].reverse()) plugin.unreserve(pod, nodeName);
}

/** Permit, PreBind, Bind, PostBind. Never rejects. */
export async function bindPod(
  profile: Profile,
  placed: { pod: PodFacts; nodeName: string; signal: AbortSignal },
): Promise<BindingResult> {
  const { pod, nodeName, signal } = placed;
  try {
    for (const plugin of profile.permit) {
      const rejection = await plugin.permit(pod, nodeName, signal);
      if (rejection !== undefined) return { outcome: "rejected", plugin: plugin.name, rejection };
    }
    for (const plugin of profile.preBind) {
      const rejection = await plugin.preBind(pod, nodeName, signal);
      if (rejection === undefined) continue;
      return {
        outcome: "failed",
        message: `running PreBind plugin "${plugin.name}": ${rejection.reasons.join(", ")}`,
      };
    }
    for (const plugin of profile.bind) {
      if ((await plugin.bind(pod, nodeName)) === "bound") {
        for (const listener of profile.postBind) listener.postBind(pod, nodeName);
        return { outcome: "bound" };
      }
    }
    return { outcome: "failed", message: "no bind plugin took the pod" };
  } catch (error) {
    return { outcome: "failed", message: `binding rejected: ${errorMessage(error)}` };
  }
}
