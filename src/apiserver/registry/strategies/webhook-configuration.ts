import { CelCompileError } from "../../../api/cel/cel.ts";
import { loadCel } from "../../../api/cel/load-cel.ts";
import { type FieldError, invalid, invalidObject } from "../../../api/field-error.ts";
import { parseApiVersion } from "../../../api/meta.ts";
import { compileMatchConditions, type MatchCondition } from "../../admission/matching/match-conditions.ts";
import type { WebhookConfiguration } from "../../admission/webhook/compiled-webhook.ts";
import { defineStrategy } from "../strategy.ts";

/**
 * Match conditions must compile when they are written, not when somebody's request depends on them. Those that an older
 * version of the object has already are left alone.
 */
export const webhookConfigurationStrategy = defineStrategy<WebhookConfiguration>({
  beforeCreate: (draft) => expectConditionsToCompile(draft, new Set()),
  beforeUpdate(draft, old) {
    const known = (old.webhooks ?? []).flatMap(({ matchConditions = [] }) => matchConditions);
    return expectConditionsToCompile(draft, new Set(known.map(({ expression }) => expression)));
  },
});

/** @throws StatusError Invalid */
async function expectConditionsToCompile(draft: WebhookConfiguration, known: ReadonlySet<string>): Promise<undefined> {
  const errors: FieldError[] = [];
  for (const [index, { matchConditions = [] }] of (draft.webhooks ?? []).entries()) {
    for (const [at, condition] of matchConditions.entries()) {
      if (known.has(condition.expression) || !condition.expression?.trim()) continue;
      const problem = await compileProblem(condition);
      const field = `webhooks[${index}].matchConditions[${at}].expression`;
      if (problem !== undefined) errors.push(invalid(field, condition.expression, problem));
    }
  }
  if (errors.length === 0) return undefined;
  const { group } = parseApiVersion(draft.apiVersion ?? "");
  throw invalidObject({ group, kind: draft.kind ?? "" }, draft.metadata?.name ?? "", errors);
}

async function compileProblem(condition: MatchCondition): Promise<string | undefined> {
  try {
    compileMatchConditions(await loadCel(), [condition]);
    return undefined;
  } catch (error) {
    if (error instanceof CelCompileError) return error.message;
    throw error;
  }
}
