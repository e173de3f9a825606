import type { Binding, Pod } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import { atOnce } from "../../base/at-once.ts";
import type { Labels } from "../reader.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, isResource } from "./refuse.ts";

const LABELS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/** A pod that gets its node gets the node's zone and region as labels too (through its Binding), so that it can read them itself. */
export function podTopologyLabels({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "PodTopologyLabels",
    handles: (attributes) =>
      isBinding(attributes) || (attributes.operation === "CREATE" && isAbout(attributes, "pods")),
    admit(attributes) {
      const object = draftOf<Pod | Binding>(attributes);
      const nodeName = isBinding(attributes) ? (object as Binding).target?.name : (object as Pod).spec?.nodeName;
      if (!nodeName) return;
      return atOnce(reader.labels(nodes, undefined, nodeName), (labels) => setTopology(object, labels ?? {}));
    },
  };
}

function setTopology(object: Pod | Binding, labels: Labels): void {
  for (const key of LABELS) {
    const value = labels[key];
    if (value === undefined) continue;
    object.metadata ??= {};
    object.metadata.labels = { ...object.metadata.labels, [key]: value };
  }
}

function isBinding(attributes: AdmissionAttributes): boolean {
  return attributes.operation === "CREATE" && attributes.subresource === "binding" && isResource(attributes, "pods");
}
