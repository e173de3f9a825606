import { createHash } from "node:crypto";
import type { TokenReviewStatus } from "../../api/generated/authentication.k8s.io/v1.ts";
import { WebhookCallError } from "../outgoing/webhook-client.ts";
import { BadCredentialsError, type UserInfo } from "./authenticator.ts";
import { callReview, type ReviewCall } from "./call-review.ts";
import { expiringCache } from "./expiring-cache.ts";
import type { TokenAuthenticator, TokenIdentity } from "./token-authenticator.ts";

export interface WebhookTokenOptions extends ReviewCall {
  readonly version: "v1" | "v1beta1";
  /** How long an answer of the webhook is believed, in milliseconds. */
  readonly cacheTtlMs: number;
  /** What tokens are for when the webhook does not say. */
  readonly serverAudiences: readonly string[];
}

const REMEMBERED = 4096;

/** Asks somebody else whom a token stands for (`--authentication-token-webhook-config-file`). */
export function webhookTokenAuthenticator(options: WebhookTokenOptions): TokenAuthenticator {
  const remembered = expiringCache<TokenReviewStatus>(options.clock, REMEMBERED);
  const asking = new Map<string, Promise<TokenReviewStatus>>();

  async function ask(token: string, audiences: readonly string[]): Promise<TokenReviewStatus> {
    const review = {
      apiVersion: `authentication.k8s.io/${options.version}`,
      kind: "TokenReview",
      metadata: {},
      spec: { token, audiences },
    };
    const { status } = (await callReview(review, options)) as { status?: TokenReviewStatus };
    return status ?? {};
  }

  async function statusOf(token: string, audiences: readonly string[]): Promise<TokenReviewStatus> {
    const key = keyOf(token, audiences);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const under = asking.get(key) ?? ask(token, audiences).finally(() => asking.delete(key));
    asking.set(key, under);
    const status = await under;
    remembered.set(key, status, options.cacheTtlMs);
    return status;
  }

  return {
    name: "webhook",
    async authenticateToken(token, audiences): Promise<TokenIdentity | undefined> {
      let status: TokenReviewStatus;
      try {
        status = await statusOf(token, audiences);
      } catch (error) {
        if (!(error instanceof WebhookCallError)) throw error;
        throw new BadCredentialsError(`the authentication webhook could not be asked: ${error.message}`);
      }
      if (status.authenticated !== true) {
        if (status.error) throw new BadCredentialsError(status.error);
        return undefined;
      }
      const offered = status.audiences?.length ? status.audiences : options.serverAudiences;
      const common = audiences.filter((audience) => offered.includes(audience));
      return common.length === 0 ? undefined : { user: userOf(status), audiences: common };
    },
  };
}

function userOf({ user }: TokenReviewStatus): UserInfo {
  const { username = "", uid, groups = [], extra } = user ?? {};
  return {
    name: username,
    groups,
    ...(uid ? { uid } : {}),
    ...(extra === undefined ? {} : { extra }),
  };
}

/** Tokens themselves are not kept. */
function keyOf(token: string, audiences: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([token, audiences]))
    .digest("base64");
}
