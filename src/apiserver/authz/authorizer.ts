import type { UserInfo } from "../authn/authenticator.ts";

/** What somebody wants to do: either on a resource or on a plain path. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  /** get, list, watch, create, update, patch, delete, deletecollection, connect verbs as upstream maps them; for paths the lower-case method. */
  readonly verb: string;
  readonly resourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty when there is none. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** The path of a request that is not about a resource. */
  readonly path: string;
  /** The request's selectors as text, where a list, watch or deletecollection has them: nodes may list only their own pods. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export type Decision = "allow" | "deny" | "noOpinion";

export interface Answer {
  readonly decision: Decision;
  readonly reason: string;
}

/** One authorization mode. They are asked in order; the first that does not say noOpinion decides; none means no. */
export interface Authorizer {
  readonly name: string;
  authorize(attributes: AuthorizationAttributes): Promise<Answer> | Answer;
}
