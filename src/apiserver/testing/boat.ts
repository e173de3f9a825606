import type { Pod, PodSpec } from "../../api/generated/core/v1.ts";
import type { ObjectMeta } from "../../api/meta.ts";

/** The node as which tests of what nodes may do speak. */
export const boat = { name: "system:node:boat", groups: ["system:nodes"] };

/** A pod that is bound to it, unless the spec says otherwise. */
export function podOnBoat(metadata: ObjectMeta, spec: Partial<PodSpec> = {}): Pod {
  return { metadata, spec: { nodeName: "boat", containers: [{ name: "a" }], ...spec } };
}
