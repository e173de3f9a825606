import { type FieldError, forbiddenField } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { REQUEST_BYTES_MAX } from "../structural/cel-types.ts";

/** Cost units that one rule, over all places where it may stand, may be estimated at. */
const RULE_LIMIT = 10_000_000;
/** The same of all rules of a schema together. */
const SCHEMA_LIMIT = 100_000_000;
const MOST_EXPENSIVE = 4;

/** What the rules of a schema are estimated to cost. */
export interface TotalCost {
  total: number;
  readonly observed: { readonly field: string; readonly cost: number }[];
}

export const newTotalCost = (): TotalCost => ({ total: 0, observed: [] });

export function observeCost(total: TotalCost, field: string, cost: number): void {
  total.total += cost;
  if (cost >= SCHEMA_LIMIT / 100) total.observed.push({ field, cost });
}

/** How often a schema multiplies what is below it: undefined when nothing bounds it. */
export function elementsMax(source: JSONSchemaProps): number | undefined {
  if (source.type === "array") return atLeastZero(source.maxItems);
  if (source.type === "object" && source.additionalProperties !== undefined) return atLeastZero(source.maxProperties);
  return 1;
}

const atLeastZero = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.max(0, value);

/** How often the smallest value of that size fits into a request. */
export const occurrencesMax = (minimumSize: number): number => Math.floor(REQUEST_BYTES_MAX / (minimumSize + 1));

/** Why an expression is too expensive, if it is. @param what e.g. `estimated rule cost` */
export function tooExpensive(what: string, field: string, cost: number): FieldError[] {
  return cost > RULE_LIMIT ? [forbiddenField(field, costText(what, cost, RULE_LIMIT))] : [];
}

/** Why all rules together are too expensive, if they are; the worst are named. */
export function totalCostErrors({ total, observed }: TotalCost, field: string): FieldError[] {
  if (total <= SCHEMA_LIMIT) return [];
  const worst = [...observed].sort((a, b) => b.cost - a.cost).slice(0, MOST_EXPENSIVE);
  const detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
  const what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
  return [
    ...worst.map((each) => forbiddenField(each.field, detail)),
    forbiddenField(field, costText(what, total, SCHEMA_LIMIT)),
  ];
}

function costText(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
