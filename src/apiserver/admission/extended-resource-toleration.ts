import type { Pod } from "../../api/generated/core/v1.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout } from "./refuse.ts";

/** Who asks for a special resource (a GPU) may go to nodes that are tainted to be kept for who asks for it. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: "ExtendedResourceToleration",
  handles: (attributes) =>
    (attributes.operation === "CREATE" || attributes.operation === "UPDATE") && isAbout(attributes, "pods"),
  admit(attributes) {
    const { spec } = draftOf<Pod>(attributes);
    if (spec === undefined) return;
    const asked = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
      .flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
      .filter(isExtended);
    for (const key of [...new Set(asked)].sort()) {
      const has = spec.tolerations?.some((each) => each.key === key && each.operator === "Exists" && !each.effect);
      if (has !== true) spec.tolerations = [...(spec.tolerations ?? []), { key, operator: "Exists" }];
    }
  },
};

/** Named with a domain that is not Kubernetes' own. */
function isExtended(name: string): boolean {
  const domain = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
  return domain !== "" && domain !== "kubernetes.io" && !domain.endsWith(".kubernetes.io");
}
