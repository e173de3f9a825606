import type { Job } from "../../api/generated/batch/v1.ts";
import { commonCount, type IndexSet, parseIndexes } from "./index-set.ts";

/** Why an Indexed job counts as successful by its successPolicy; undefined when no rule is met yet. Pure. */
export function metSuccessPolicy(job: Job, succeeded: IndexSet): string | undefined {
  for (const [index, rule] of (job.spec?.successPolicy?.rules ?? []).entries()) {
    const wanted =
      rule.succeededIndexes === undefined ? undefined : parseIndexes(rule.succeededIndexes, job.spec?.completions);
    const count = wanted === undefined ? succeeded.size : commonCount(wanted, succeeded);
    const needed = rule.succeededCount ?? wanted?.size;
    if (needed !== undefined && count >= needed) return `Matched rules at index ${index}`;
  }
  return undefined;
}
