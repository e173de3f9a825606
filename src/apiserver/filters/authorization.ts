import { present } from "../../base/assert.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { AuthorizationAttributes, Authorizer } from "../authz/authorizer.ts";
import { forbiddenError } from "../authz/forbidden.ts";
import { selectedName } from "../authz/selected-name.ts";
import type { Exchange, Filter } from "../exchange.ts";

/** Lets a request on only when somebody allows it. */
export function authorizationFilter(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const attributes = attributesOf(present(exchange.user, "the user of an authenticated request"), exchange);
    const { decision, reason } = await authorizer.authorize(attributes);
    const annotations = exchange.auditAnnotations;
    if (annotations !== undefined) {
      annotations["authorization.k8s.io/decision"] = decision === "allow" ? "allow" : "forbid";
      annotations["authorization.k8s.io/reason"] = reason;
    }
    if (decision !== "allow") throw forbiddenError(attributes, reason);
    return next(exchange);
  };
}

const COLLECTION_VERBS = ["list", "watch", "deletecollection"];

export function attributesOf(user: UserInfo, { info, query }: Exchange): AuthorizationAttributes {
  const fieldSelector = query.get("fieldSelector") ?? "";
  return {
    user,
    verb: info.verb,
    resourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: COLLECTION_VERBS.includes(info.verb) ? info.name || selectedName(fieldSelector) : info.name,
    path: info.path,
    fieldSelector,
    labelSelector: query.get("labelSelector") ?? "",
  };
}
