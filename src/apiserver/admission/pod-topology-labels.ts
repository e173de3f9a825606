import type { Pod } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { isAbout, isResource } from "./refuse.ts";

const LABELS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/** A pod that gets its node gets the node's zone and region as labels too, so that it can read them itself. */
export function podTopologyLabels({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "PodTopologyLabels",
    handles: (attributes) =>
      isBinding(attributes) || (attributes.operation === "CREATE" && isAbout(attributes, "pods")),
    async admit({ object }) {
      const pod = object as Pod;
      const nodeName = pod.spec?.nodeName;
      if (!nodeName) return;
      const labels = (await reader.get(nodes, undefined, nodeName))?.metadata?.labels ?? {};
      for (const key of LABELS) {
        const value = labels[key];
        if (value === undefined) continue;
        pod.metadata ??= {};
        pod.metadata.labels = { ...pod.metadata.labels, [key]: value };
      }
    },
  };
}

function isBinding(attributes: AdmissionAttributes): boolean {
  return attributes.operation === "UPDATE" && attributes.subresource === "binding" && isResource(attributes, "pods");
}
