import type {
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "../../api/generated/authorization.k8s.io/v1.ts";
import type { Logger } from "../../base/log.ts";
import { callReview, type ReviewCall } from "../authn/call-review.ts";
import { expiringCache } from "../authn/expiring-cache.ts";
import { WebhookCallError } from "../outgoing/webhook-client.ts";
import type { Answer, AuthorizationAttributes, Authorizer } from "./authorizer.ts";
import { MatchConditionError, type MatchConditions } from "./match-conditions.ts";
import { reviewSpec } from "./subject-access-review.ts";

export interface WebhookAuthorizerOptions extends ReviewCall {
  readonly name: string;
  readonly version: "v1" | "v1beta1";
  /** How long answers are believed, in milliseconds; 0 not to. */
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** What it means when the webhook cannot be asked, or a condition cannot be evaluated. */
  readonly onFailure: "deny" | "noOpinion";
  readonly conditions: MatchConditions;
  readonly log: Logger;
  readonly observe?: AuthorizationWebhookObserver | undefined;
}

/** Hears of each time that a webhook was asked, not of answers that are remembered. */
export type AuthorizationWebhookObserver = (asked: {
  readonly name: string;
  readonly result: "success" | "timeout" | "canceled" | "error";
  readonly seconds: number;
  /** It could not be asked, and that is no opinion. */
  readonly isFailOpen: boolean;
}) => void;

const REMEMBERED = 8192;
/** Longer questions are not remembered: nobody shall fill the memory with names. */
const MAX_KEY_LENGTH = 10_000;

/** Asks somebody else who may do what. */
export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const { conditions, onFailure, log } = options;
  const remembered = expiringCache<SubjectAccessReviewStatus>(options.clock, REMEMBERED);
  const failed: Answer = { decision: onFailure, reason: "" };

  async function statusOf(spec: SubjectAccessReviewSpec): Promise<SubjectAccessReviewStatus> {
    const key = JSON.stringify(spec);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const review = { apiVersion: `authorization.k8s.io/${options.version}`, kind: "SubjectAccessReview", metadata: {} };
    const answer = await observed(() => callReview({ ...review, spec: forVersion(spec, options.version) }, options));
    const { status } = answer as { status?: SubjectAccessReviewStatus };
    const found = status ?? { allowed: false };
    const ttlMs = found.allowed === true ? options.authorizedTtlMs : options.unauthorizedTtlMs;
    if (key.length <= MAX_KEY_LENGTH) remembered.set(key, found, ttlMs);
    return found;
  }

  async function observed(call: () => Promise<object>): Promise<object> {
    const { name, clock, observe } = options;
    const startMs = clock.monotonic();
    const tell = (result: "success" | "timeout" | "error"): void => {
      const seconds = (clock.monotonic() - startMs) / 1000;
      observe?.({ name, result, seconds, isFailOpen: result !== "success" && onFailure === "noOpinion" });
    };
    try {
      const answer = await call();
      tell("success");
      return answer;
    } catch (error) {
      tell(error instanceof WebhookCallError && error.isTimeout ? "timeout" : "error");
      throw error;
    }
  }

  async function ask(attributes: AuthorizationAttributes): Promise<Answer> {
    try {
      return answerOf(await statusOf(reviewSpec(attributes)));
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error;
      log.error("an authorization webhook could not be asked", { webhook: options.name, why: error.message });
      return failed;
    }
  }

  return {
    name: options.name,
    authorize(attributes) {
      try {
        if (!conditions.match(attributes)) return { decision: "noOpinion", reason: "" };
      } catch (error) {
        if (!(error instanceof MatchConditionError)) throw error;
        log.error("a match condition failed", { webhook: options.name, why: error.message });
        return failed;
      }
      return ask(attributes);
    },
  };
}

function answerOf({ allowed, denied, reason = "" }: SubjectAccessReviewStatus): Answer {
  if (denied === true && allowed === true)
    return { decision: "deny", reason: "webhook subject access review returned both allow and deny response" };
  if (denied === true) return { decision: "deny", reason };
  return { decision: allowed === true ? "allow" : "noOpinion", reason };
}

/** v1beta1 calls groups `group`. */
function forVersion(spec: SubjectAccessReviewSpec, version: string): object {
  if (version === "v1") return spec;
  const { groups, ...rest } = spec;
  return { ...rest, ...(groups === undefined ? {} : { group: groups }) };
}
