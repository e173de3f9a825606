import { StatusError, timeout } from "../../../api/status.ts";
import { errorMessage } from "../../../base/assert.ts";
import { serverErrorText } from "../../outgoing/server-error-text.ts";
import { type WebhookAnswer, WebhookCallError } from "../../outgoing/webhook-client.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "../admission.ts";
import type { RuleMatch } from "../matching/rules.ts";
import type { VersionedObjects } from "../matching/versioned-objects.ts";
import { CallingWebhookError, denial, dryRunUnsupported } from "./calling-webhook-error.ts";
import type { CompiledWebhook } from "./compiled-webhook.ts";
import { reviewOf, reviewVersion, type Verdict, verdictOf } from "./review.ts";

export interface WebhookCall {
  readonly webhook: CompiledWebhook;
  readonly attributes: AdmissionAttributes;
  readonly match: RuleMatch;
  readonly objects: VersionedObjects;
  readonly isMutating: boolean;
}

/**
 * Asks a webhook and answers what it says when it allows the request.
 * @throws CallingWebhookError when it does not answer as it must; StatusError when it refuses
 */
export async function callWebhook(call: WebhookCall, dependencies: AdmissionDependencies): Promise<Verdict> {
  const { clock, webhookObserver } = dependencies;
  const startMs = clock.monotonic();
  const { webhook, attributes, isMutating } = call;
  const observe = (outcome: { code: number; rejection?: "calling" | "webhook" }): void =>
    webhookObserver?.({
      name: webhook.name,
      type: isMutating ? "admit" : "validating",
      operation: attributes.operation,
      seconds: (clock.monotonic() - startMs) / 1000,
      isFailOpen: outcome.rejection === "calling" && webhook.failurePolicy === "Ignore",
      ...outcome,
    });
  try {
    const verdict = await ask(call, dependencies);
    observe({ code: 200 });
    return verdict;
  } catch (error) {
    const refused = error instanceof StatusError;
    observe({ code: refused ? error.code : 500, rejection: refused ? "webhook" : "calling" });
    throw error;
  }
}

async function ask(call: WebhookCall, dependencies: AdmissionDependencies): Promise<Verdict> {
  const { webhook, attributes, match, objects, isMutating } = call;
  if (attributes.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
    throw dryRunUnsupported(webhook.name);
  }
  const failed = (why: string, cause?: unknown): Error => new CallingWebhookError(webhook.name, why, cause);
  const version = reviewVersion(webhook.reviewVersions);
  if (version === undefined) {
    const known = webhook.reviewVersions.join(", ");
    throw failed(
      `could not create admission objects: webhook does not accept known AdmissionReview versions (${known})`,
    );
  }
  const uid = dependencies.random.uuid();
  const review = reviewOf(attributes, { match, objects, uid, version });
  const answer = await post(call, review, dependencies);
  let verdict: Verdict;
  try {
    verdict = verdictOf(answer.body, { uid, version, isMutating });
  } catch (error) {
    throw failed(`received invalid webhook response: ${errorMessage(error)}`, error);
  }
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) {
    attributes.annotate(`${webhook.name}/${key}`, value);
  }
  for (const warning of verdict.warnings) attributes.warn(warning);
  if (!verdict.allowed) throw denial(webhook.name, verdict.result);
  return verdict;
}

async function post(
  call: WebhookCall,
  review: object,
  { webhooks, clock }: AdmissionDependencies,
): Promise<WebhookAnswer> {
  const { webhook, attributes } = call;
  const { endpoint } = webhook;
  const leftMs = (attributes.untilMs ?? Number.POSITIVE_INFINITY) - clock.monotonic();
  const timeoutMs = Math.min(webhook.timeoutMs, Math.max(leftMs, 1));
  let answer: WebhookAnswer;
  try {
    answer = await webhooks.call(endpoint, review, { timeoutMs, signal: attributes.signal });
  } catch (error) {
    if (!(error instanceof WebhookCallError)) throw error;
    throw new CallingWebhookError(webhook.name, `failed to call webhook: ${error.message}`, error);
  }
  if (answer.code >= 200 && answer.code <= 299) return answer;
  throw new CallingWebhookError(webhook.name, `failed to call webhook: ${serverErrorText(answer.code, answer.body)}`);
}

/** A caller that is gone gets no further webhooks called in its name. @throws StatusError Timeout */
export function expectCaller({ signal }: AdmissionAttributes): void {
  if (signal?.aborted) throw timeout("request did not complete within requested timeout");
}
