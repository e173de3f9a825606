import type { ResourceAttributes, SubjectAccessReviewSpec } from "../../api/generated/authorization.k8s.io/v1.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { fieldRequirements, labelRequirements } from "./selector-requirements.ts";

/** A question as a SubjectAccessReview asks it. What is empty is left out. */
export function reviewSpec(attributes: AuthorizationAttributes): SubjectAccessReviewSpec {
  const { user } = attributes;
  const extra = Object.entries(user.extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    ...(attributes.resourceRequest
      ? { resourceAttributes: resourceAttributes(attributes) }
      : { nonResourceAttributes: { path: attributes.path, verb: attributes.verb } }),
    user: user.name,
    ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
    ...(user.uid ? { uid: user.uid } : {}),
  };
}

function resourceAttributes(attributes: AuthorizationAttributes): ResourceAttributes {
  const { namespace, verb, group, version, resource, subresource, name } = attributes;
  const said = Object.entries({ namespace, verb, group, version, resource, subresource, name });
  const fields = attributes.fieldSelector ? fieldRequirements(attributes.fieldSelector) : undefined;
  const labels = attributes.labelSelector ? labelRequirements(attributes.labelSelector) : undefined;
  return {
    ...Object.fromEntries(said.filter(([, value]) => value !== "")),
    ...(fields?.length ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels?.length ? { labelSelector: { requirements: labels } } : {}),
  };
}

/** The question as match conditions see it: every text is there, also when it is empty. */
export function conditionRequest(attributes: AuthorizationAttributes): Readonly<Record<string, unknown>> {
  const { user, verb } = attributes;
  const who = { user: user.name, groups: user.groups, uid: user.uid ?? "", extra: user.extra ?? {} };
  if (!attributes.resourceRequest) return { ...who, nonResourceAttributes: { path: attributes.path, verb } };
  const { namespace, group, version, resource, subresource, name } = attributes;
  const { fieldSelector, labelSelector } = resourceAttributes(attributes);
  return {
    ...who,
    resourceAttributes: {
      namespace,
      verb,
      group,
      version,
      resource,
      subresource,
      name,
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    },
  };
}
