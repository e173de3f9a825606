import type { Answer, Exchange } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { Environment } from "./environment.ts";

/** Answers a plain path, or undefined when it is not one of its own. */
export type PathHandler = (exchange: Exchange) => Promise<Answer | undefined> | Answer | undefined;

/** What objects can be posted to though none is ever stored. */
export type VirtualResource = Pick<ServedResource, "schema" | "reference" | "admission">;

/** Answers a POST to something that is computed and never stored, such as a SubjectAccessReview. */
export type VirtualHandler = (
  resource: VirtualResource,
  exchange: Exchange,
  environment: Environment,
) => Promise<Answer>;

/** A resource that is never stored, and who answers what is posted to it. */
export interface VirtualAnswers {
  readonly resource: VirtualResource;
  readonly answer: VirtualHandler;
}

/** Answers reads of a resource that is computed and never stored. */
export interface ComputedHandler {
  get(resource: ServedResource, exchange: Exchange): Promise<Answer>;
  list(resource: ServedResource, exchange: Exchange): Promise<Answer>;
}
