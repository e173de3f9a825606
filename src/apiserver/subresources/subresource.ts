import type { Answering, Exchange } from "../exchange.ts";
import type { Environment } from "../handlers/environment.ts";
import type { ServedResource } from "../registry/resource.ts";

/** One verb of a subresource. */
export type SubresourceHandler = (resource: ServedResource, exchange: Exchange, environment: Environment) => Answering;

/**
 * The seam for what stands behind the last segment of `/…/pods/web/binding`: a handler a verb. Verbs that are not here
 * answer 405; methods without a verb have the empty one. All subresources are listed in subresources/table.ts or handed to the server by who wires it.
 */
export type Subresource = Partial<Record<"get" | "create" | "update" | "patch" | "delete" | "", SubresourceHandler>>;
