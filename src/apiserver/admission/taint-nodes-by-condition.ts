import type { Node } from "../../api/generated/core/v1.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout } from "./refuse.ts";

const NOT_READY = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** A new node takes no pods before its first report says that it is ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  handles: (attributes) => attributes.operation === "CREATE" && isAbout(attributes, "nodes"),
  admit(attributes) {
    const node = draftOf<Node>(attributes);
    node.spec ??= {};
    const taints = node.spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return;
    node.spec.taints = [...taints, { ...NOT_READY }];
  },
};
