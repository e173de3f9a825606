import { timingSafeEqual } from "node:crypto";
import type { Secret } from "../../api/generated/core/v1.ts";
import { secrets } from "../../api/generated/resources.ts";
import type { Clock } from "../../base/clock.ts";
import type { ObjectReader } from "../reader.ts";
import { BadCredentialsError } from "./authenticator.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const BOOTSTRAP_GROUP = "system:bootstrappers";
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/**
 * Tokens `<id>.<secret>` with which machines join, kept as Secrets `kube-system/bootstrap-token-<id>`: whoever shows one is
 * `system:bootstrap:<id>`. Good for every audience.
 */
export function bootstrapTokenAuthenticator(reader: ObjectReader, clock: Clock): TokenAuthenticator {
  return {
    name: "bootstrapToken",
    async authenticateToken(token, audiences) {
      const [, id, password] = TOKEN.exec(token) ?? [];
      if (id === undefined || password === undefined) return undefined;
      const secret = await reader.get(secrets, "kube-system", `bootstrap-token-${id}`);
      if (secret === undefined || secret.metadata?.deletionTimestamp !== undefined) {
        throw new BadCredentialsError(`there is no bootstrap token ${id}`);
      }
      const problem = problemWith(secret, { id, password, nowMs: clock.now() });
      if (problem !== undefined) throw new BadCredentialsError(`bootstrap token ${id} ${problem}`);
      return { user: { name: `system:bootstrap:${id}`, groups: groupsOf(secret) }, audiences };
    },
  };
}

function problemWith(secret: Secret, shown: { id: string; password: string; nowMs: number }): string | undefined {
  if (secret.type !== "bootstrap.kubernetes.io/token") return "is a Secret of another type";
  if (!sameText(datum(secret, "token-secret"), shown.password)) return "has another secret";
  if (datum(secret, "token-id") !== shown.id) return "has another id inside";
  const expiration = datum(secret, "expiration");
  if (expiration !== "") {
    const until = Date.parse(expiration);
    if (Number.isNaN(until) || until <= shown.nowMs) return "has expired";
  }
  if (datum(secret, "usage-bootstrap-authentication") !== "true") return "is not for authentication";
  const strange = extraGroups(secret).find((group) => !EXTRA_GROUP.test(group));
  return strange === undefined ? undefined : `asks for the group ${strange}`;
}

function groupsOf(secret: Secret): string[] {
  return [...new Set([BOOTSTRAP_GROUP, ...extraGroups(secret)])];
}

function extraGroups(secret: Secret): string[] {
  const text = datum(secret, "auth-extra-groups");
  return text === "" ? [] : text.split(",");
}

function datum(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? "", "base64").toString();
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
