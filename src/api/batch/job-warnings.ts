import { templateWarnings } from "../core/workload-warnings.ts";
import type { JobSpec } from "../generated/batch/v1.ts";

const MANY_COMPLETIONS = 100_000;
const MANY_AT_ONCE = 10_000;

/** What is unwise in a job's spec. */
export function jobSpecWarnings(spec: JobSpec | undefined, field: string): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec ?? {};
  const warnings: string[] = [];
  if (completionMode === "Indexed" && completions > MANY_COMPLETIONS && parallelism > MANY_AT_ONCE) {
    const text =
      "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
    warnings.push(`${field}: ${text}`);
  }
  return [...warnings, ...templateWarnings(spec?.template, `${field}.template.`)];
}
