import { mutatingWebhookConfigurations } from "../../../api/generated/resources.ts";
import type { AnyObject, ApiObject } from "../../../api/meta.ts";
import { applyJsonPatch } from "../../../api/patch/json-patch.ts";
import { equalJson, type JsonObject } from "../../../api/patch/json-value.ts";
import { internalError } from "../../../api/status.ts";
import { errorMessage } from "../../../base/assert.ts";
import { parseForeignJson } from "../../../base/exact-json.ts";
import type { WebhookUsers } from "../../outgoing/webhook-users.ts";
import { type AdmissionAttributes, type AdmissionDependencies, type AdmissionPlugin, ofObject } from "../admission.ts";
import { isExemptFromWebhooks } from "../matching/exempt.ts";
import type { RuleMatch } from "../matching/rules.ts";
import { objectsAt, takeMutated } from "../matching/versioned-objects.ts";
import { callWebhook, expectCaller } from "./call-webhook.ts";
import { CallingWebhookError } from "./calling-webhook-error.ts";
import type { CompiledWebhook } from "./compiled-webhook.ts";
import { reinvocationOf } from "./reinvocation.ts";
import type { Verdict } from "./review.ts";
import { shouldCall } from "./webhook-context.ts";
import { webhookSource } from "./webhook-source.ts";

const NAME = "MutatingAdmissionWebhook";
const MUTATION = "mutation.webhook.admission.k8s.io/";
const PATCH = "patch.webhook.admission.k8s.io/";

/** Asks the webhooks of MutatingWebhookConfigurations one after the other; each sees what those before made of the object. */
export function mutatingAdmissionWebhook(dependencies: AdmissionDependencies, users?: WebhookUsers): AdmissionPlugin {
  const source = webhookSource(dependencies.reader, mutatingWebhookConfigurations, users);
  return {
    name: NAME,
    handles: (attributes) => !isExemptFromWebhooks(attributes),
    admit(attributes) {
      const webhooks = source();
      // Mostly there are none, and so nothing to wait for.
      if (!(webhooks instanceof Promise) && webhooks.length === 0) return;
      return askInTurn(webhooks, attributes, dependencies);
    },
  };
}

async function askInTurn(
  source: readonly CompiledWebhook[] | Promise<readonly CompiledWebhook[]>,
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<void> {
  const webhooks = await source;
  if (webhooks.length === 0) return;
  const reinvocation = reinvocationOf(attributes, NAME);
  reinvocation.begin();
  for (const [index, webhook] of webhooks.entries()) {
    const match = await shouldCall(webhook, attributes, dependencies);
    if (match === undefined || !reinvocation.isDue(webhook)) continue;
    const round = attributes.reinvocation.isSecondPass ? 1 : 0;
    const place = `round_${round}_index_${index}`;
    const changed = await mutate({ webhook, attributes, match, place }, dependencies);
    if (changed) reinvocation.noteChange();
    reinvocation.noteCall(webhook);
  }
  reinvocation.end();
}

interface Mutation {
  readonly webhook: CompiledWebhook;
  readonly attributes: AdmissionAttributes;
  readonly match: RuleMatch;
  /** `round_0_index_2`: names the call in audit annotations. */
  readonly place: string;
}

/** True when the webhook changed the object. @throws StatusError */
async function mutate(mutation: Mutation, dependencies: AdmissionDependencies): Promise<boolean> {
  const { webhook, attributes, match, place } = mutation;
  let changed = false;
  try {
    const objects = await objectsAt(match, attributes, dependencies.versions);
    const verdict = await callWebhook({ webhook, attributes, match, objects, isMutating: true }, dependencies);
    changed = await applyVerdict(verdict, objects.object, { mutation, dependencies });
    return changed;
  } catch (error) {
    if (!(error instanceof CallingWebhookError)) throw error;
    if (webhook.failurePolicy !== "Ignore") throw internalError(error.message);
    attributes.annotate(`failed-open.${MUTATION}${place}`, webhook.name);
    expectCaller(attributes);
    return false;
  } finally {
    const { configuration, name } = webhook;
    attributes.annotate(MUTATION + place, JSON.stringify({ configuration, webhook: name, mutated: changed }));
  }
}

async function applyVerdict(
  verdict: Verdict,
  before: ApiObject | undefined,
  of: { mutation: Mutation; dependencies: AdmissionDependencies },
): Promise<boolean> {
  if (verdict.patch === undefined) return false;
  const { webhook, attributes, match, place } = of.mutation;
  if (verdict.patchType !== "JSONPatch") {
    throw new CallingWebhookError(webhook.name, `unsupported patch type ${JSON.stringify(verdict.patchType)}`);
  }
  const patch = parsePatch(verdict.patch);
  if (patch.length === 0) return false;
  const { object } = attributes;
  if (before === undefined || object === undefined) {
    throw internalError(
      `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  }
  try {
    const after = applyJsonPatch(before as AnyObject as JsonObject, patch);
    const changed = !equalJson(before, after);
    const { configuration, name } = webhook;
    const told = { configuration, webhook: name, patch, patchType: verdict.patchType };
    attributes.annotate(PATCH + place, JSON.stringify(told));
    if (changed) {
      await takeMutated(after as AnyObject, match, {
        attributes: ofObject(attributes, { object }),
        versions: of.dependencies.versions,
      });
    }
    return changed;
  } catch (error) {
    throw internalError(errorMessage(error));
  }
}

/** @throws StatusError InternalError */
function parsePatch(text: string): unknown[] {
  let patch: unknown;
  try {
    patch = parseForeignJson(text);
  } catch (error) {
    throw internalError(`error decoding patch: ${errorMessage(error)}`);
  }
  if (!Array.isArray(patch)) throw internalError("error decoding patch: a JSON patch is a list of operations");
  return patch;
}
