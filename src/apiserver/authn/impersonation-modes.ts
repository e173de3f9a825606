import { dnsSubdomainErrors } from "../../api/names.ts";
import type { AuthorizationAttributes, Authorizer } from "../authz/authorizer.ts";
import { forbiddenError } from "../authz/forbidden.ts";
import type { UserInfo } from "./authenticator.ts";
import { domainPathErrors } from "./jwt/extra-key.ts";
import {
  ALL_AUTHENTICATED,
  ALL_UNAUTHENTICATED,
  ANONYMOUS,
  NODES_GROUP,
  PRIVILEGED_GROUP,
  serviceAccountGroups,
  serviceAccountOf,
} from "./users.ts";

/** Whom somebody wants to be, as the headers say it. */
export interface Wish {
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface Impersonation {
  readonly requestor: UserInfo;
  readonly request: AuthorizationAttributes | undefined;
  readonly authorizer: Authorizer;
}

/** One way to be allowed to act as somebody else (KEP-5284). */
export interface ImpersonationMode {
  /** As metrics name it. */
  readonly name: string;
  applies(wish: Wish, requestor: UserInfo): boolean;
  /** @throws StatusError Forbidden */
  become(wish: Wish, impersonation: Impersonation): Promise<Impersonated>;
}

export interface Impersonated {
  readonly user: UserInfo;
  /** The verb of the constrained right that it was allowed by; absent when it was the right for all requests. */
  readonly constraint?: string;
}

const AUTHENTICATION = "authentication.k8s.io";
const NODE_PREFIX = "system:node:";
const NODE_NAME = "authentication.kubernetes.io/node-name";
const isOnlyName = ({ uid, groups, extra }: Wish): boolean =>
  uid === "" && groups.length === 0 && Object.keys(extra).length === 0;

function nodeOf(user: string): string | undefined {
  if (!user.startsWith(NODE_PREFIX)) return undefined;
  const name = user.slice(NODE_PREFIX.length);
  return dnsSubdomainErrors(name).length === 0 ? name : undefined;
}

/** A pod's service account that acts as the pod's own node. */
const associatedNode = constrained("associated-node", (wish, requestor) => {
  const node = nodeOf(wish.user);
  const [own, ...more] = requestor.extra?.[NODE_NAME] ?? [];
  const isOwn = node !== undefined && own === node && more.length === 0;
  return isOnlyName(wish) && isOwn && serviceAccountOf(requestor.name) !== undefined;
});

const arbitraryNode = constrained("arbitrary-node", (wish) => isOnlyName(wish) && nodeOf(wish.user) !== undefined);

const serviceAccount = constrained(
  "serviceaccount",
  (wish) => isOnlyName(wish) && serviceAccountOf(wish.user) !== undefined,
);

const userInfo = constrained(
  "user-info",
  ({ user }) => nodeOf(user) === undefined && serviceAccountOf(user) === undefined,
);

/** The verb `impersonate`, for all requests at once. */
export const legacyMode: ImpersonationMode = {
  name: "legacy",
  applies: () => true,
  async become(wish, impersonation) {
    for (const question of questions(wish, { verb: "impersonate", group: "", impersonation })) {
      await check(question, impersonation.authorizer);
    }
    const account = serviceAccountOf(wish.user);
    const isBare = wish.groups.length === 0 && account !== undefined;
    return { user: userOf(wish, isBare ? serviceAccountGroups(account.namespace) : wish.groups) };
  },
};

/** In the order in which they are tried; the first one that allows it counts, the first refusal is told. */
export const impersonationModes: readonly ImpersonationMode[] = [
  associatedNode,
  arbitraryNode,
  serviceAccount,
  userInfo,
  legacyMode,
];

/** Allowed when the sender may do this request as others of the kind, and may be that very one. */
function constrained(mode: string, applies: ImpersonationMode["applies"]): ImpersonationMode {
  return {
    name: mode,
    applies,
    async become(wish, impersonation) {
      const { request, requestor, authorizer } = impersonation;
      // Which node it is was looked at: the right is one for every node's own agents.
      const isOwnNode = mode === "associated-node";
      const user = isOwnNode ? { ...requestor, extra: associatedKeys(requestor) } : requestor;
      const asking = { ...impersonation, requestor: user };
      if (request !== undefined) {
        await check({ ...request, user, verb: `impersonate-on:${mode}:${request.verb}` }, authorizer);
      }
      const verb = `impersonate:${mode}`;
      for (const question of questions(wish, { verb, group: AUTHENTICATION, impersonation: asking })) {
        await check(isOwnNode ? { ...question, name: "*" } : question, authorizer);
      }
      return { user: userOf(wish, constrainedGroups(wish)), constraint: verb };
    },
  };
}

function constrainedGroups({ user, groups }: Wish): readonly string[] {
  if (nodeOf(user) !== undefined) return [NODES_GROUP];
  const account = serviceAccountOf(user);
  return account === undefined ? groups : serviceAccountGroups(account.namespace);
}

function associatedKeys({ extra = {} }: UserInfo): Record<string, readonly string[]> {
  return { "authentication.kubernetes.io/associated-node-keys": Object.keys(extra).sort() };
}

interface Asking {
  readonly verb: string;
  /** Of users, groups, service accounts and nodes. */
  readonly group: string;
  readonly impersonation: Impersonation;
}

/** One question for each thing that the sender wants to be. */
function* questions(wish: Wish, asking: Asking): Generator<AuthorizationAttributes> {
  const { verb, group, impersonation } = asking;
  const ask = (of: string, resource: string, over: Partial<AuthorizationAttributes>): AuthorizationAttributes => ({
    user: impersonation.requestor,
    verb,
    resourceRequest: true,
    group: of,
    version: "v1",
    resource,
    subresource: "",
    namespace: "",
    name: "",
    path: "",
    ...over,
  });
  const isConstrained = group === AUTHENTICATION;
  const account = serviceAccountOf(wish.user);
  const node = isConstrained ? nodeOf(wish.user) : undefined;
  if (node !== undefined) yield ask(group, "nodes", { name: node });
  else yield account === undefined ? ask(group, "users", { name: wish.user }) : ask(group, "serviceaccounts", account);
  if (wish.uid !== "") yield ask(AUTHENTICATION, "uids", { name: wish.uid });
  if (isConstrained) refuseNever(wish, (resource, name = "") => ask(AUTHENTICATION, resource, { name }));
  for (const name of wish.groups) yield ask(group, "groups", { name });
  for (const [subresource, values] of Object.entries(wish.extra)) {
    for (const name of values) yield ask(AUTHENTICATION, "userextras", { subresource, name });
  }
}

/** What nobody may be by a constrained right. @throws StatusError Forbidden */
function refuseNever({ groups, extra }: Wish, ask: (resource: string, name?: string) => AuthorizationAttributes): void {
  if (groups.includes(PRIVILEGED_GROUP)) {
    const why = "impersonating the system:masters group is not allowed";
    throw forbiddenError(ask("groups", PRIVILEGED_GROUP), why);
  }
  for (const key of Object.keys(extra)) {
    const [wrong] = domainPathErrors(key, "extra.key");
    if (wrong === undefined) continue;
    const why = `impersonating an invalid key in extra is not allowed: ${wrong.field}: ${wrong.message}`;
    throw forbiddenError(ask("userextras"), why);
  }
}

async function check(attributes: AuthorizationAttributes, authorizer: Authorizer): Promise<void> {
  const { decision, reason } = await authorizer.authorize(attributes);
  if (decision !== "allow") throw forbiddenError(attributes, reason);
}

function userOf(wish: Wish, groups: readonly string[]): UserInfo {
  return {
    name: wish.user,
    groups: withEverybodysGroup(wish.user, groups),
    ...(wish.uid === "" ? {} : { uid: wish.uid }),
    ...(Object.keys(wish.extra).length === 0 ? {} : { extra: wish.extra }),
  };
}

function withEverybodysGroup(user: string, groups: readonly string[]): readonly string[] {
  const own = user === ANONYMOUS ? ALL_UNAUTHENTICATED : ALL_AUTHENTICATED;
  return groups.includes(own) || groups.includes(ALL_UNAUTHENTICATED) ? groups : [...groups, own];
}
