import { validatingWebhookConfigurations } from "../../../api/generated/resources.ts";
import { internalError } from "../../../api/status.ts";
import type { WebhookUsers } from "../../outgoing/webhook-users.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "../admission.ts";
import { isExemptFromWebhooks } from "../matching/exempt.ts";
import { objectsAt } from "../matching/versioned-objects.ts";
import { callWebhook, expectCaller, type WebhookCall } from "./call-webhook.ts";
import { CallingWebhookError } from "./calling-webhook-error.ts";
import type { CompiledWebhook } from "./compiled-webhook.ts";
import { shouldCall } from "./webhook-context.ts";
import { webhookSource } from "./webhook-source.ts";

const FAILED_OPEN = "failed-open.validating.webhook.admission.k8s.io/";

/** Asks the webhooks of ValidatingWebhookConfigurations, all at the same time; each of them can refuse. */
export function validatingAdmissionWebhook(dependencies: AdmissionDependencies, users?: WebhookUsers): AdmissionPlugin {
  const source = webhookSource(dependencies.reader, validatingWebhookConfigurations, users);
  return {
    name: "ValidatingAdmissionWebhook",
    handles: (attributes) => !isExemptFromWebhooks(attributes),
    validate(attributes) {
      const webhooks = source();
      // Mostly there are none, and so nothing to wait for.
      if (!(webhooks instanceof Promise) && webhooks.length === 0) return;
      return askTogether(webhooks, attributes, dependencies);
    },
  };
}

async function askTogether(
  source: readonly CompiledWebhook[] | Promise<readonly CompiledWebhook[]>,
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<void> {
  const calls: WebhookCall[] = [];
  for (const webhook of await source) {
    const match = await shouldCall(webhook, attributes, dependencies);
    if (match === undefined) continue;
    const objects = await objectsAt(match, attributes, dependencies.versions);
    calls.push({ webhook, attributes, match, objects, isMutating: false });
  }
  const results = await Promise.allSettled(calls.map((call) => callWebhook(call, dependencies)));
  const errors = results.flatMap((result, index) => {
    if (result.status === "fulfilled") return [];
    return toleratedOr(result.reason, attributes, { call: calls[index]!, index });
  });
  if (errors.length > 0) throw errors[0];
  if (calls.length > 0) expectCaller(attributes);
}

/** What a failed call means by the webhook's failure policy: nothing, or an error. */
function toleratedOr(
  error: unknown,
  attributes: AdmissionAttributes,
  { call, index }: { call: WebhookCall; index: number },
): unknown[] {
  if (!(error instanceof CallingWebhookError)) return [error];
  if (call.webhook.failurePolicy !== "Ignore") return [internalError(error.message)];
  attributes.annotate(`${FAILED_OPEN}round_0_index_${index}`, call.webhook.name);
  return [];
}
