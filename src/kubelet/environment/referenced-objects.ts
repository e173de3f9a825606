import type { ConfigMap, Secret } from "../../api/generated/core/v1.ts";
import type { RuntimeClass } from "../../api/generated/node.k8s.io/v1.ts";
import { configMaps, runtimeClasses, secrets } from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { failure, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import type { ReferencedObjects } from "./objects.ts";

/**
 * Asks the API server each time, so that a container never starts with old values; requests for the same object at the
 * same moment are one. Nodes may get single objects that their pods name, never list them.
 */
export function createReferencedObjects(client: Client): ReferencedObjects {
  const running = new Map<string, Promise<ApiObject>>();
  function get<T extends ApiObject>(
    resource: ResourceReference<T>,
    namespace: string | undefined,
    name: string,
  ): Promise<T> {
    const key = `${resource.resource}/${namespace ?? ""}/${name}`;
    const earlier = running.get(key);
    if (earlier !== undefined) return earlier as Promise<T>;
    const request = client
      .get(resource, { ...(namespace !== undefined && { namespace }), name })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        const kind = [resource.kind.toLowerCase(), resource.group].filter((part) => part !== "").join(".");
        throw failure(404, "NotFound", `${kind} "${name}" not found`);
      })
      .finally(() => running.delete(key));
    running.set(key, request);
    return request;
  }
  return {
    configMap: (namespace, name): Promise<ConfigMap> => get(configMaps, namespace, name),
    secret: (namespace, name): Promise<Secret> => get(secrets, namespace, name),
    runtimeClass: (name): Promise<RuntimeClass> => get(runtimeClasses, undefined, name),
  };
}
