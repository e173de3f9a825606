import type { Answer, Exchange } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { Environment } from "./environment.ts";

/** Answers a plain path, or undefined when it is not one of its own. */
export type PathHandler = (exchange: Exchange) => Promise<Answer | undefined> | Answer | undefined;

/** Answers a POST to something that is computed and never stored, such as a SubjectAccessReview. */
export type VirtualHandler = (exchange: Exchange, environment: Environment) => Promise<Answer>;

/** Answers reads of a resource that is computed and never stored. */
export interface ComputedHandler {
  get(resource: ServedResource, exchange: Exchange): Promise<Answer>;
  list(resource: ServedResource, exchange: Exchange): Promise<Answer>;
}
