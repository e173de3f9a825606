import type { ConfigMap, Secret } from "../../api/generated/core/v1.ts";
import type { RuntimeClass } from "../../api/generated/node.k8s.io/v1.ts";

/** How a pod's parts get the objects that they name; NotFound as StatusError when one is missing. */
export interface ReferencedObjects {
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
  runtimeClass(name: string): Promise<RuntimeClass>;
}
