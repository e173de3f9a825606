import type { CelAuthorizationRequest, CelAuthorizer, CelAuthorizerResource } from "../../../api/cel/cel.ts";
import { errorMessage } from "../../../base/assert.ts";
import type { UserInfo } from "../../authn/authenticator.ts";
import type { AuthorizationAttributes, Authorizer } from "../../authz/authorizer.ts";
import type { AdmissionAttributes } from "../admission.ts";
import { requestNamespace } from "./selectors.ts";

type Answer = ReturnType<CelAuthorizer["check"]>;

/** How often an expression is evaluated anew because an authorizer answered later. */
const ROUNDS = 16;
const WAITING: Answer = { allowed: false, reason: "", error: "the authorizer has not answered yet" };

/** What expressions of one request ask about who may do what. */
export interface RequestAuthorizer {
  readonly authorizer: CelAuthorizer;
  /** `authorizer.requestResource`. */
  readonly requestResource: CelAuthorizerResource;
  /**
   * Runs what evaluates expressions. Where an authorizer (a webhook) answers only later, its answer is waited for and the
   * evaluation is done again: expressions themselves cannot wait.
   */
  evaluate<T>(body: () => T): Promise<T>;
}

export function requestAuthorizer(attributes: AdmissionAttributes, authorizer: () => Authorizer): RequestAuthorizer {
  const known = new Map<string, Answer>();
  const pending = new Map<string, Promise<void>>();
  const cel: CelAuthorizer = {
    check(request) {
      const key = JSON.stringify(request);
      const answer = known.get(key);
      if (answer !== undefined) return answer;
      const decision = authorizer().authorize(attributesOf(request, attributes.user));
      if (decision instanceof Promise) {
        const done = decision.then(
          (decided) => void known.set(key, answerOf(decided)),
          (error: unknown) => void known.set(key, { allowed: false, reason: "", error: errorMessage(error) }),
        );
        pending.set(key, done);
        return WAITING;
      }
      const decided = answerOf(decision);
      known.set(key, decided);
      return decided;
    },
  };
  const { group, resource } = attributes.resource;
  const subresource = attributes.subresource;
  const request = {
    group,
    resource,
    ...(subresource !== "" && { subresource }),
    namespace: requestNamespace(attributes),
    name: attributes.name,
  };
  return {
    authorizer: cel,
    requestResource: { authorizer: cel, request },
    async evaluate(body) {
      for (let round = 1; ; round++) {
        let result: { value: ReturnType<typeof body> } | { error: unknown };
        try {
          result = { value: body() };
        } catch (error) {
          result = { error };
        }
        if (pending.size === 0 || round >= ROUNDS) {
          if ("error" in result) throw result.error;
          return result.value;
        }
        await Promise.all(pending.values());
        pending.clear();
      }
    },
  };
}

function answerOf({ decision, reason }: { decision: string; reason: string }): Answer {
  return { allowed: decision === "allow", reason };
}

function attributesOf(request: CelAuthorizationRequest, user: UserInfo): AuthorizationAttributes {
  const { serviceAccount, verb, path = "", group = "", resource = "", subresource = "" } = request;
  return {
    user: serviceAccount === undefined ? user : serviceAccountUser(serviceAccount),
    verb,
    resourceRequest: path === "",
    group,
    version: "*",
    resource,
    subresource,
    namespace: request.namespace ?? "",
    name: request.name ?? "",
    path,
    ...(request.fieldSelector !== undefined && { fieldSelector: request.fieldSelector }),
    ...(request.labelSelector !== undefined && { labelSelector: request.labelSelector }),
  };
}

function serviceAccountUser({ namespace, name }: { namespace: string; name: string }): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
  };
}
