import { failure, forbidden, type StatusError } from "../../api/status.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";

/** What somebody may not do, in upstream's words (apiserver responsewriters.forbiddenMessage), with the reason if any. */
function forbiddenMessage(attributes: AuthorizationAttributes, reason = ""): string {
  const why = reason === "" ? "" : `: ${reason}`;
  const who = `User ${JSON.stringify(attributes.user.name)} cannot ${attributes.verb}`;
  if (!attributes.resourceRequest) return `${who} path ${JSON.stringify(attributes.path)}${why}`;
  const { subresource, namespace } = attributes;
  const resource = subresource === "" ? attributes.resource : `${attributes.resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return `${who} resource "${resource}" in API group "${attributes.group}" ${where}${why}`;
}

/** The 403 that says so. */
export function forbiddenError(attributes: AuthorizationAttributes, reason = ""): StatusError {
  const message = forbiddenMessage(attributes, reason);
  if (!attributes.resourceRequest) return failure(403, "Forbidden", `forbidden: ${message}`, {});
  return forbidden({ group: attributes.group, resource: attributes.resource }, attributes.name, message);
}
