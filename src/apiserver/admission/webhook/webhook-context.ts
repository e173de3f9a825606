import { forbidden } from "../../../api/status.ts";
import { errorMessage } from "../../../base/assert.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "../admission.ts";
import { type RequestAuthorizer, requestAuthorizer } from "../matching/cel-authorizer.ts";
import { conditionValues, matchConditions } from "../matching/match-conditions.ts";
import { matchRules, type RuleMatch } from "../matching/rules.ts";
import { matchesNamespace, matchesObject } from "../matching/selectors.ts";
import { objectsAt } from "../matching/versioned-objects.ts";
import type { CompiledWebhook } from "./compiled-webhook.ts";

/**
 * As what the webhook is to be asked about the request; undefined when it is none of its business (upstream:
 * webhook/generic.ShouldCallHook). @throws StatusError
 */
export async function shouldCall(
  webhook: CompiledWebhook,
  attributes: AdmissionAttributes,
  dependencies: AdmissionDependencies,
): Promise<RuleMatch | undefined> {
  const { reader, versions } = dependencies;
  if (!matchesObject(webhook.selectors, attributes)) return undefined;
  const match = matchRules(webhook.rules, attributes, { matchPolicy: webhook.matchPolicy, versions });
  if (match === undefined) return undefined;
  if (!(await matchesNamespace(webhook.selectors, attributes, reader))) return undefined;
  return (await meetsConditions(webhook, { attributes, match, dependencies })) ? match : undefined;
}

async function meetsConditions(
  webhook: CompiledWebhook,
  of: { attributes: AdmissionAttributes; match: RuleMatch; dependencies: AdmissionDependencies },
): Promise<boolean> {
  const { attributes, match, dependencies } = of;
  const refuse = (why: string): Error => forbidden(attributes.resource, attributes.name, why);
  let conditions: Awaited<ReturnType<CompiledWebhook["conditions"]>>;
  try {
    conditions = await webhook.conditions();
  } catch (error) {
    // Configurations that do not compile are refused when they are written; an older server may have taken one.
    if (webhook.failurePolicy === "Ignore") return false;
    throw refuse(errorMessage(error));
  }
  if (conditions.length === 0) return true;
  const objects = await objectsAt(match, attributes, dependencies.versions);
  const authorizer: RequestAuthorizer = requestAuthorizer(attributes, dependencies.authorizer);
  const values = conditionValues(attributes, { match, objects, authorizer });
  const { failurePolicy } = webhook;
  const nowMs = dependencies.clock.now();
  const result = await authorizer.evaluate(() => matchConditions(conditions, values, { failurePolicy, nowMs }));
  if (result.error !== undefined) throw refuse(result.error);
  return result.matches;
}
