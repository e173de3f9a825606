import type { ApiObject } from "../../api/meta.ts";
import { badRequest } from "../../api/status.ts";
import type { Exchange } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";

/**
 * An object is of the namespace that the request names; objects of the cluster have none, whatever they say. Metadata that others
 * may have stays as it is.
 * @throws StatusError BadRequest
 */
export function placeInNamespace(resource: Pick<ServedResource, "schema">, draft: ApiObject, exchange: Exchange): void {
  const { namespace: written = "", ...metadata } = draft.metadata ?? {};
  const namespace = resource.schema.namespaced ? exchange.info.namespace : "";
  if (draft.metadata !== undefined && written === namespace) return;
  if (written !== "" && namespace !== "") {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  draft.metadata = namespace === "" ? metadata : { ...metadata, namespace };
}
