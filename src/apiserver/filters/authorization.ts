import { failure, forbidden } from "../../api/status.ts";
import { present } from "../../base/assert.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { AuthorizationAttributes, Authorizer } from "../authz/authorizer.ts";
import type { Filter } from "../exchange.ts";
import type { RequestInfo } from "../request-info.ts";

/** Lets a request on only when somebody allows it. */
export function authorizationFilter(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const attributes = attributesOf(present(exchange.user, "the user of an authenticated request"), exchange.info);
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== "allow") throw refusal(attributes, reason);
    return next(exchange);
  };
}

export function attributesOf(user: UserInfo, info: RequestInfo): AuthorizationAttributes {
  return {
    user,
    verb: info.verb,
    resourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  };
}

/** The 403 in upstream's words (apiserver responsewriters.Forbidden). */
function refusal(attributes: AuthorizationAttributes, reason: string): Error {
  const why = reason === "" ? "" : `: ${reason}`;
  const who = `User "${attributes.user.name}" cannot`;
  if (!attributes.resourceRequest) {
    return failure(403, "Forbidden", `forbidden: ${who} ${attributes.verb} path "${attributes.path}"${why}`, {});
  }
  const resource =
    attributes.subresource === "" ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const where = attributes.namespace === "" ? " at the cluster scope" : ` in the namespace "${attributes.namespace}"`;
  const what = `${who} ${attributes.verb} resource "${resource}" in API group "${attributes.group}"${where}${why}`;
  return forbidden({ group: attributes.group, resource: attributes.resource }, attributes.name, what);
}
