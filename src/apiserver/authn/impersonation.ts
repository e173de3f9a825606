import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "../../api/status.ts";
import type { AuthorizationAttributes, Authorizer } from "../authz/authorizer.ts";
import { forbiddenError } from "../authz/forbidden.ts";
import type { UserInfo } from "./authenticator.ts";
import { ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, ANONYMOUS, serviceAccountGroups, serviceAccountOf } from "./users.ts";

const USER = "impersonate-user";
const GROUP = "impersonate-group";
const UID = "impersonate-uid";
const EXTRA_PREFIX = "impersonate-extra-";

interface Wish {
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/**
 * Whom the request wants to act as (`kubectl --as`), when its sender may: undefined when it wants to be nobody else.
 * @throws StatusError 400 when it names groups without a user, 403 when one of its wishes is not allowed
 */
export async function impersonate(
  requestor: UserInfo,
  headers: IncomingHttpHeaders,
  authorizer: Authorizer,
): Promise<UserInfo | undefined> {
  const wish = wishOf(headers);
  if (wish === undefined) return undefined;
  for (const attributes of questions(requestor, wish)) {
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== "allow") throw forbiddenError(attributes, reason);
  }
  return {
    name: wish.user,
    groups: groupsOf(wish),
    ...(wish.uid === "" ? {} : { uid: wish.uid }),
    ...(Object.keys(wish.extra).length === 0 ? {} : { extra: wish.extra }),
  };
}

function wishOf(headers: IncomingHttpHeaders): Wish | undefined {
  const user = valuesOf(headers[USER])[0] ?? "";
  const uid = valuesOf(headers[UID])[0] ?? "";
  const groups = valuesOf(headers[GROUP]);
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(headers)) {
    if (header.startsWith(EXTRA_PREFIX)) extra[extraKey(header.slice(EXTRA_PREFIX.length))] = valuesOf(headers[header]);
  }
  if (user !== "") return { user, uid, groups, extra };
  if (uid === "" && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw badRequest("requested to impersonate groups, a UID or extra fields without impersonating a user");
}

/** Node joins repeated headers of its own accord; every piece is authorized by itself. */
function valuesOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  const values = Array.isArray(header) ? header : header.split(", ");
  return values.map((value) => value.trim()).filter((value) => value !== "");
}

function extraKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded).toLowerCase();
  } catch {
    return encoded.toLowerCase();
  }
}

/** One question for each thing that the sender wants to be. */
function questions(user: UserInfo, wish: Wish): AuthorizationAttributes[] {
  const ask = (group: string, resource: string, over: Partial<AuthorizationAttributes>): AuthorizationAttributes => ({
    user,
    verb: "impersonate",
    resourceRequest: true,
    group,
    version: "v1",
    resource,
    subresource: "",
    namespace: "",
    name: "",
    path: "",
    ...over,
  });
  const account = serviceAccountOf(wish.user);
  const extras = Object.entries(wish.extra).flatMap(([subresource, values]) =>
    values.map((name) => ask("authentication.k8s.io", "userextras", { subresource, name })),
  );
  return [
    account === undefined ? ask("", "users", { name: wish.user }) : ask("", "serviceaccounts", account),
    ...wish.groups.map((name) => ask("", "groups", { name })),
    ...(wish.uid === "" ? [] : [ask("authentication.k8s.io", "uids", { name: wish.uid })]),
    ...extras,
  ];
}

function groupsOf(wish: Wish): string[] {
  const account = serviceAccountOf(wish.user);
  const asked =
    wish.groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : [...wish.groups];
  if (asked.includes(ALL_AUTHENTICATED) || asked.includes(ALL_UNAUTHENTICATED)) return asked;
  return [...asked, wish.user === ANONYMOUS ? ALL_UNAUTHENTICATED : ALL_AUTHENTICATED];
}
