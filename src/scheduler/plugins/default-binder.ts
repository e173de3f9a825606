import type { Binding } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import type { Client } from "../../client/client.ts";
import type { BindPlugin } from "../framework.ts";

/** Tells the API server where the pod goes, through its `binding` subresource. */
export function defaultBinder(client: Client): BindPlugin {
  return {
    name: "DefaultBinder",
    async bind(pod, nodeName) {
      const target = { namespace: pod.kind.namespace, name: pod.name };
      const binding: Binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { ...target, uid: pod.uid },
        target: { kind: "Node", name: nodeName },
      };
      await client.create(pods, binding, { subresource: "binding", target });
      return "bound";
    },
  };
}
