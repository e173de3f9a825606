import { nodes, pods, secrets, serviceAccounts } from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { listText } from "../../api/rbac-rule-cover.ts";
import type { Clock } from "../../base/clock.ts";
import { decodeToken, isSignedBy, type TokenKey } from "../../base/json-web-token.ts";
import type { ObjectReader } from "../reader.ts";
import { BadCredentialsError, type UserInfo } from "./authenticator.ts";
import { RecentlyUsed } from "./recently-used.ts";
import { type ObjectClaim, readServiceAccountClaims, type ServiceAccountClaims } from "./service-account-claims.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import { serviceAccountGroups, serviceAccountUserName } from "./users.ts";

export interface ServiceAccountTokenOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly keys: readonly TokenKey[];
  readonly issuers: readonly string[];
}

interface Verified {
  readonly claims: ServiceAccountClaims;
  readonly user: UserInfo;
}

/** A deleted object's tokens stay good this long, so that graceful shutdown can still talk to the API server. */
const DELETION_LEEWAY_MS = 60_000;
const REMEMBERED_TOKENS = 4096;

/**
 * Bound service account tokens. The signature of a token is checked once and remembered; expiry, audience and the objects
 * that it is bound to are looked at each time, so that a deleted pod's token dies with it. When the keys are others, all
 * signatures are checked again.
 */
export function serviceAccountTokenAuthenticator(options: ServiceAccountTokenOptions): TokenAuthenticator {
  let verified = new RecentlyUsed<Verified>(REMEMBERED_TOKENS);
  let verifiedBy = "";

  function verify(token: string): Verified | undefined {
    const ids = options.keys.map(({ id }) => id).join(" ");
    if (ids !== verifiedBy) {
      verified = new RecentlyUsed(REMEMBERED_TOKENS);
      verifiedBy = ids;
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
    const found = { claims, user: userOf(claims) };
    verified.set(token, found);
    return found;
  }

  return {
    name: "serviceAccountToken",
    async authenticateToken(token, audiences) {
      const known = verify(token);
      if (known === undefined) return undefined;
      const { claims, user } = known;
      const common = audiences.filter((audience) => claims.aud.includes(audience));
      if (common.length === 0) {
        const [got, wanted] = [listText(claims.aud), listText(audiences)];
        throw new BadCredentialsError(`token audiences ${got} is invalid for the target audiences ${wanted}`);
      }
      checkTime(claims, options.clock.now());
      await checkObjects(claims, options);
      return { user, audiences: common };
    },
  };
}

function checkTime(claims: ServiceAccountClaims, nowMs: number): void {
  if (nowMs >= claims.exp * 1000) throw new BadCredentialsError("service account token has expired");
  if (nowMs < claims.nbf * 1000) throw new BadCredentialsError("service account token is not valid yet");
}

async function checkObjects(claims: ServiceAccountClaims, options: ServiceAccountTokenOptions): Promise<void> {
  const { namespace, serviceaccount, pod, secret, node } = claims["kubernetes.io"];
  await checkAlive(serviceAccounts, { namespace, claim: serviceaccount }, options);
  if (secret !== undefined) await checkAlive(secrets, { namespace, claim: secret }, options);
  if (pod !== undefined) await checkAlive(pods, { namespace, claim: pod }, options);
  // A pod's token names the pod's node too, for information: only a token bound to nothing but the node dies with it.
  else if (node !== undefined) await checkAlive(nodes, { namespace: undefined, claim: node }, options);
}

async function checkAlive(
  resource: ResourceReference<ApiObject>,
  bound: { namespace: string | undefined; claim: ObjectClaim },
  { reader, clock }: ServiceAccountTokenOptions,
): Promise<void> {
  const object = await reader.get(resource, bound.namespace, bound.claim.name);
  const what = `${resource.kind} ${bound.claim.name}`;
  if (object === undefined) throw new BadCredentialsError(`service account token is bound to ${what}, which is gone`);
  const { uid, deletionTimestamp } = object.metadata ?? {};
  if (uid !== bound.claim.uid) throw new BadCredentialsError(`service account token is bound to an earlier ${what}`);
  if (deletionTimestamp !== undefined && clock.now() > Date.parse(deletionTimestamp) + DELETION_LEEWAY_MS) {
    throw new BadCredentialsError(`service account token is bound to ${what}, which is being deleted`);
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
