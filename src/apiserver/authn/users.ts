import type { UserInfo } from "./authenticator.ts";

export const ANONYMOUS = "system:anonymous";
export const ALL_AUTHENTICATED = "system:authenticated";
export const ALL_UNAUTHENTICATED = "system:unauthenticated";
/** Members may do everything, whatever RBAC says. */
export const PRIVILEGED_GROUP = "system:masters";
export const NODES_GROUP = "system:nodes";
const SERVICE_ACCOUNTS_GROUP = "system:serviceaccounts";

const SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:";
const NODE_PREFIX = "system:node:";

export const anonymousUser: UserInfo = { name: ANONYMOUS, groups: [ALL_UNAUTHENTICATED] };

const authenticated = new WeakMap<UserInfo, UserInfo>();

/**
 * Adds system:authenticated to whoever proved who they are: the one place where that group comes from. The same user gives
 * the same answer, so that what is found out about a user can be kept with it.
 */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  let found = authenticated.get(user);
  if (found === undefined) {
    const { name, groups } = user;
    const isDecided = name === ANONYMOUS || groups.includes(ALL_AUTHENTICATED) || groups.includes(ALL_UNAUTHENTICATED);
    found = isDecided ? user : { ...user, groups: [...groups, ALL_AUTHENTICATED] };
    authenticated.set(user, found);
  }
  return found;
}

/** `system:serviceaccount:<namespace>:<name>`. */
export function serviceAccountUserName(namespace: string, name: string): string {
  return `${SERVICE_ACCOUNT_PREFIX}${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return [SERVICE_ACCOUNTS_GROUP, `${SERVICE_ACCOUNTS_GROUP}:${namespace}`];
}

/** The service account that the user name stands for, if it is one's. */
export function serviceAccountOf(userName: string): { namespace: string; name: string } | undefined {
  if (!userName.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined;
  const parts = userName.slice(SERVICE_ACCOUNT_PREFIX.length).split(":");
  const [namespace, name] = parts;
  return parts.length === 2 && namespace && name ? { namespace, name } : undefined;
}

/**
 * Which node the user is: undefined for anybody else. As upstream's default node identifier, both the name's prefix and
 * the group are needed.
 */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(NODE_PREFIX) || !user.groups.includes(NODES_GROUP)) return undefined;
  return user.name.slice(NODE_PREFIX.length);
}
