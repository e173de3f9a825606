import type { Pod } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isResource, refuse } from "./refuse.ts";

interface DeclaredFeature {
  readonly name: string;
  /** Whether the node of a pod that changes so must have it. */
  isNeeded(pod: Pod, old: Pod): boolean;
}

/** What a kubelet may not be able to do yet, and says in its node's status when it is (KEP-5328); in order of name. */
const FEATURES: readonly DeclaredFeature[] = [
  {
    name: "InPlacePodLevelResourcesVerticalScaling",
    isNeeded: (pod, old) => !equalJson(pod.spec?.resources ?? {}, old.spec?.resources ?? {}),
  },
  {
    name: "InPlacePodVerticalScalingInitContainers",
    isNeeded: (pod, old) =>
      (old.spec?.initContainers ?? []).some(
        (container, index) =>
          container.restartPolicy !== "Always" &&
          !equalJson(container.resources ?? {}, pod.spec?.initContainers?.[index]?.resources ?? {}),
      ),
  },
];

/** A pod on a node is only changed to what the node says that it can do. */
export function nodeDeclaredFeatureValidator({ reader }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "NodeDeclaredFeatureValidator",
    handles: (attributes) =>
      attributes.operation === "UPDATE" &&
      (attributes.subresource === "" || attributes.subresource === "resize") &&
      isResource(attributes, "pods"),
    async validate(attributes) {
      const pod = draftOf<Pod>(attributes);
      const old = attributes.oldObject as Pod;
      const nodeName = pod.spec?.nodeName ?? "";
      if (nodeName === "" || pod.metadata?.generation === old.metadata?.generation) return;
      const needed = FEATURES.filter((feature) => feature.isNeeded(pod, old));
      if (needed.length === 0) return;
      const node = await reader.get(nodes, undefined, nodeName);
      if (node === undefined) throw refuse(attributes, `node "${nodeName}" not found`);
      const declared = new Set(node.status?.declaredFeatures);
      const missing = needed.map(({ name }) => name).filter((name) => !declared.has(name));
      if (missing.length === 0) return;
      const why = `pod update requires features ${missing.join(", ")} which are not available on node "${nodeName}"`;
      throw refuse(attributes, why);
    },
  };
}
