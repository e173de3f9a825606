import { dnsLabelErrors, dnsSubdomainErrors } from "../../names.ts";
import type { CelAuthorizationRequest, CelAuthorizer, CelAuthorizerResource } from "../cel.ts";
import { failure } from "../evaluate/failure.ts";
import type { Value } from "../evaluate/values.ts";
import { OpaqueValue } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { member } from "./overload.ts";

const authorizerName = "kubernetes.authorization.Authorizer";
const pathName = "kubernetes.authorization.PathCheck";
const groupName = "kubernetes.authorization.GroupCheck";
const resourceName = "kubernetes.authorization.ResourceCheck";
const decisionName = "kubernetes.authorization.Decision";

type Draft = Omit<CelAuthorizationRequest, "verb">;

/** The authorizer and what is asked so far; each step of the chain has its own type. */
class CheckValue extends OpaqueValue {
  readonly typeName: string;
  readonly authorizer: CelAuthorizer;
  readonly draft: Draft;
  constructor(typeName: string, authorizer: CelAuthorizer, draft: Draft) {
    super();
    this.typeName = typeName;
    this.authorizer = authorizer;
    this.draft = draft;
  }
  equals(other: OpaqueValue): boolean {
    return other === this;
  }
}

class DecisionValue extends OpaqueValue {
  override readonly typeName = decisionName;
  readonly decision: ReturnType<CelAuthorizer["check"]>;
  constructor(decision: ReturnType<CelAuthorizer["check"]>) {
    super();
    this.decision = decision;
  }
  equals(other: OpaqueValue): boolean {
    return other === this;
  }
}

/** The value of a variable of kind `authorizer`. */
export const authorizerValue = (authorizer: unknown): Value =>
  new CheckValue(authorizerName, authorizer as CelAuthorizer, {});

/** The value of a variable of kind `authorizerResource`. */
export function authorizerResourceValue(resource: unknown): Value {
  const { authorizer, request } = resource as CelAuthorizerResource;
  return new CheckValue(resourceName, authorizer, request);
}

const extended = (typeName: string, check: CheckValue, more: Draft) =>
  new CheckValue(typeName, check.authorizer, { ...check.draft, ...more });

function field(name: keyof Draft): Overload {
  return member(name, [resourceName, "string"], resourceName, (check: CheckValue, value: string) =>
    extended(resourceName, check, { [name]: value }),
  );
}

function ask(check: CheckValue, verb: string): DecisionValue {
  return new DecisionValue(check.authorizer.check({ ...check.draft, verb }));
}

function notEmpty(name: string, value: string): string {
  if (value.trim() === "") throw failure(`${name} must not be empty`);
  return value;
}

export const authorizerFunctions: readonly Overload[] = [
  member("path", [authorizerName, "string"], pathName, (check: CheckValue, path: string) =>
    extended(pathName, check, { path: notEmpty("path", path) }),
  ),
  member("group", [authorizerName, "string"], groupName, (check: CheckValue, group: string) =>
    extended(groupName, check, { group }),
  ),
  member(
    "serviceAccount",
    [authorizerName, "string", "string"],
    authorizerName,
    (check: CheckValue, namespace: string, name: string) => {
      if (dnsSubdomainErrors(name).length > 0) throw failure("Invalid service account name");
      if (dnsLabelErrors(namespace).length > 0) throw failure("Invalid service account namespace");
      return extended(authorizerName, check, { serviceAccount: { namespace, name } });
    },
  ),
  member("resource", [groupName, "string"], resourceName, (check: CheckValue, resource: string) =>
    extended(resourceName, check, { resource: notEmpty("resource", resource) }),
  ),
  field("subresource"),
  field("namespace"),
  field("name"),
  field("fieldSelector"),
  field("labelSelector"),
  member("check", [pathName, "string"], decisionName, ask),
  member("check", [resourceName, "string"], decisionName, ask),
  member("allowed", [decisionName], "bool", ({ decision }: DecisionValue) => decision.allowed),
  member("reason", [decisionName], "string", ({ decision }: DecisionValue) => decision.reason),
  member("errored", [decisionName], "bool", ({ decision }: DecisionValue) => decision.error !== undefined),
  member("error", [decisionName], "string", ({ decision }: DecisionValue) => decision.error ?? ""),
];
