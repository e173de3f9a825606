import type { Pod, Toleration } from "../../api/generated/core/v1.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout } from "./refuse.ts";

const SECONDS = 300;
const KEYS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** Pods stay five minutes on a node that is lost, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  handles: (attributes) =>
    (attributes.operation === "CREATE" || attributes.operation === "UPDATE") && isAbout(attributes, "pods"),
  admit(attributes) {
    const spec = draftOf<Pod>(attributes).spec;
    if (spec === undefined) return;
    const present = spec.tolerations ?? [];
    const missing = KEYS.filter((key) => !present.some((toleration) => tolerates(toleration, key)));
    if (missing.length === 0) return;
    const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: SECONDS }));
    spec.tolerations = [...present, ...added];
  },
};

function tolerates({ key, effect }: Toleration, wanted: string): boolean {
  return (!key || key === wanted) && (!effect || effect === "NoExecute");
}
