import { nodes, pods, secrets, serviceAccounts } from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { listText } from "../../api/rbac-rule-cover.ts";
import type { Clock } from "../../base/clock.ts";
import { decodeToken, isSignedBy, type TokenKey } from "../../base/json-web-token.ts";
import type { ObjectReader } from "../reader.ts";
import { BadCredentialsError, type UserInfo } from "./authenticator.ts";
import { RecentlyUsed } from "./recently-used.ts";
import { type ObjectClaim, readServiceAccountClaims, type ServiceAccountClaims } from "./service-account-claims.ts";
import type { TokenAuthenticator, TokenIdentity } from "./token-authenticator.ts";
import type { TokenMetrics } from "./token-metrics.ts";
import { serviceAccountGroups, serviceAccountUserName } from "./users.ts";

export interface ServiceAccountTokenOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly keys: readonly TokenKey[];
  readonly issuers: readonly string[];
  readonly metrics?: TokenMetrics | undefined;
}

interface Verified {
  readonly claims: ServiceAccountClaims;
  readonly user: UserInfo;
  readonly bound: readonly Bound[];
}

/** A deleted object's tokens stay good this long, so that graceful shutdown can still talk to the API server. */
const DELETION_LEEWAY_MS = 60_000;
/** Clocks of API servers differ a little; a token is good for so long before and after its times. */
const CLOCK_LEEWAY_MS = 60_000;
/** What a token is bound to is gone; which object that was is nothing to who holds the token. */
const INVALIDATED = "service account token has been invalidated";
const REMEMBERED_TOKENS = 4096;

/**
 * Bound service account tokens. The signature of a token is checked once and remembered; expiry, audience and the objects
 * that it is bound to are looked at each time, so that a deleted pod's token dies with it. When the keys are others, all
 * signatures are checked again.
 */
export function serviceAccountTokenAuthenticator(options: ServiceAccountTokenOptions): TokenAuthenticator {
  let verified = new RecentlyUsed<Verified>(REMEMBERED_TOKENS);
  let verifiedBy: readonly TokenKey[] = [];

  function verify(token: string): Verified | undefined {
    const { keys } = options;
    if (keys.length !== verifiedBy.length || keys.some(({ id }, index) => id !== verifiedBy[index]!.id)) {
      verified = new RecentlyUsed(REMEMBERED_TOKENS);
      verifiedBy = [...keys];
    }
    const known = verified.get(token);
    if (known !== undefined) return known;
    const decoded = decodeToken(token);
    if (decoded === undefined || !options.issuers.includes(String(decoded.claims.iss))) return undefined;
    if (!isSignedBy(token, decoded.header, options.keys)) {
      throw new BadCredentialsError("service account token is not signed by a known key");
    }
    const claims = readServiceAccountClaims(decoded.claims);
    if (typeof claims === "string") throw new BadCredentialsError(claims);
    const found = { claims, user: userOf(claims), bound: boundTo(claims) };
    verified.set(token, found);
    return found;
  }

  return {
    name: "serviceAccountToken",
    authenticateToken(token, audiences) {
      const known = verify(token);
      if (known === undefined) return undefined;
      const { claims, user, bound } = known;
      const common = audiences.filter((audience) => claims.aud.includes(audience));
      if (common.length === 0) {
        const [got, wanted] = [listText(claims.aud), listText(audiences)];
        throw new BadCredentialsError(`token audiences ${got} is invalid for the target audiences ${wanted}`);
      }
      checkTime(claims, options.clock.now());
      const checking = checkObjects(bound, options);
      const identity = identityOf(claims, { user, audiences: common });
      return checking instanceof Promise ? checking.then(() => identity) : identity;
    },
  };

  /** Tokens of an extended life say from when on they should have been exchanged. */
  function identityOf(claims: ServiceAccountClaims, identity: TokenIdentity): TokenIdentity {
    const { warnafter } = claims["kubernetes.io"];
    if (!warnafter) return identity;
    const lateSeconds = Math.floor(options.clock.now() / 1000) - warnafter;
    if (lateSeconds <= 0) {
      options.metrics?.valid.inc();
      return identity;
    }
    options.metrics?.stale.inc();
    const stale = `subject: ${claims.sub}, seconds after warning threshold: ${lateSeconds}`;
    return { ...identity, notes: { annotations: { "authentication.k8s.io/stale-token": stale } } };
  }
}

function checkTime(claims: ServiceAccountClaims, nowMs: number): void {
  if (nowMs - CLOCK_LEEWAY_MS > claims.exp * 1000) throw new BadCredentialsError("service account token has expired");
  if (nowMs + CLOCK_LEEWAY_MS < claims.nbf * 1000)
    throw new BadCredentialsError("service account token is not valid yet");
}

/** An object that a token is bound to. */
interface Bound {
  readonly resource: ResourceReference<ApiObject>;
  readonly namespace: string | undefined;
  readonly claim: ObjectClaim;
}

function boundTo(claims: ServiceAccountClaims): Bound[] {
  const { namespace, serviceaccount, pod, secret, node } = claims["kubernetes.io"];
  const bound: Bound[] = [{ resource: serviceAccounts, namespace, claim: serviceaccount }];
  if (secret !== undefined) bound.push({ resource: secrets, namespace, claim: secret });
  if (pod !== undefined) bound.push({ resource: pods, namespace, claim: pod });
  // A pod's token names the pod's node too, for information: only a token bound to nothing but the node dies with it.
  else if (node !== undefined) bound.push({ resource: nodes, namespace: undefined, claim: node });
  return bound;
}

/** @throws BadCredentialsError, now or as a rejection */
function checkObjects(bound: readonly Bound[], options: ServiceAccountTokenOptions): void | Promise<void> {
  for (let index = 0; index < bound.length; index++) {
    const each = bound[index]!;
    const object = options.reader.get(each.resource, each.namespace, each.claim.name);
    if (object instanceof Promise) return checkLater(bound.slice(index), options);
    checkAlive(each, object, options.clock);
  }
}

async function checkLater(bound: readonly Bound[], { reader, clock }: ServiceAccountTokenOptions): Promise<void> {
  for (const each of bound) checkAlive(each, await reader.get(each.resource, each.namespace, each.claim.name), clock);
}

function checkAlive(bound: Bound, object: ApiObject | undefined, clock: Clock): void {
  const { resource, namespace, claim } = bound;
  const isAccount = resource === serviceAccounts;
  const refuse = (why: string): Error => new BadCredentialsError(why);
  if (object === undefined) {
    throw refuse(isAccount ? `serviceaccounts ${JSON.stringify(claim.name)} not found` : INVALIDATED);
  }
  const { uid, deletionTimestamp } = object.metadata ?? {};
  if (uid !== claim.uid) {
    const kind = resource.kind.toLowerCase();
    throw refuse(
      isAccount
        ? `service account UID (${uid}) does not match claim (${claim.uid})`
        : `${kind} UID (${uid}) does not match service account ${kind} ref claim (${claim.uid})`,
    );
  }
  if (deletionTimestamp !== undefined && clock.now() > Date.parse(deletionTimestamp) + DELETION_LEEWAY_MS) {
    throw refuse(isAccount ? `service account ${namespace}/${claim.name} has been deleted` : INVALIDATED);
  }
}

function userOf(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims["kubernetes.io"];
  const extra: Record<string, readonly string[]> = {};
  if (pod !== undefined) {
    extra["authentication.kubernetes.io/pod-name"] = [pod.name];
    extra["authentication.kubernetes.io/pod-uid"] = [pod.uid ?? ""];
  }
  if (claims.jti !== "") extra["authentication.kubernetes.io/credential-id"] = [`JTI=${claims.jti}`];
  if (node !== undefined) {
    extra["authentication.kubernetes.io/node-name"] = [node.name];
    if (node.uid !== undefined) extra["authentication.kubernetes.io/node-uid"] = [node.uid];
  }
  return {
    name: serviceAccountUserName(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: serviceAccountGroups(namespace),
    extra,
  };
}
