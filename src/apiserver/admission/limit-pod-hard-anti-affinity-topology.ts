import type { Pod } from "../../api/generated/core/v1.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, refuse } from "./refuse.ts";

const ALLOWED = "kubernetes.io/hostname";

/** Pods may keep others off their node, but not off a whole zone. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: "LimitPodHardAntiAffinityTopology",
  handles: (attributes) =>
    (attributes.operation === "CREATE" || attributes.operation === "UPDATE") && isAbout(attributes, "pods"),
  validate(attributes) {
    const terms =
      draftOf<Pod>(attributes).spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const wrong = terms.find(({ topologyKey }) => topologyKey !== ALLOWED);
    if (wrong === undefined) return;
    throw refuse(
      attributes,
      `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${wrong.topologyKey} but only key ${ALLOWED} is allowed`,
    );
  },
};
