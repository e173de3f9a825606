import { present } from "../../base/assert.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { AuthorizationAttributes, Authorizer, Answer as Decided } from "../authz/authorizer.ts";
import { forbiddenError } from "../authz/forbidden.ts";
import { selectedName } from "../authz/selected-name.ts";
import type { Exchange, Filter } from "../exchange.ts";

/** Lets a request on only when somebody allows it. */
export function authorizationFilter(authorizer: Authorizer): Filter {
  return (exchange, next) => {
    const attributes = attributesOf(present(exchange.user, "the user of an authenticated request"), exchange);
    const asked = authorizer.authorize(attributes);
    if (asked instanceof Promise) {
      return asked.then((answer) => {
        heed(exchange, attributes, answer);
        return next(exchange);
      });
    }
    heed(exchange, attributes, asked);
    return next(exchange);
  };
}

/** Notes the decision for the audit event. @throws StatusError Forbidden */
function heed(exchange: Exchange, attributes: AuthorizationAttributes, { decision, reason }: Decided): void {
  const annotations = exchange.auditAnnotations;
  if (annotations !== undefined) {
    annotations["authorization.k8s.io/decision"] = decision === "allow" ? "allow" : "forbid";
    annotations["authorization.k8s.io/reason"] = reason;
  }
  if (decision !== "allow") throw forbiddenError(attributes, reason);
}

const COLLECTION_VERBS = ["list", "watch", "deletecollection"];

export function attributesOf(user: UserInfo, { info, query }: Exchange): AuthorizationAttributes {
  const hasQuery = query.size > 0;
  const fieldSelector = (hasQuery && query.get("fieldSelector")) || "";
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
    labelSelector: (hasQuery && query.get("labelSelector")) || "",
  };
}
