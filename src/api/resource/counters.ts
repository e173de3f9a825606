import { invalids } from "../field-checks.ts";
import { type FieldError, required, tooMany } from "../field-error.ts";
import { dnsLabelErrors } from "../names.ts";
import { keyed } from "./resource-names.ts";

const COUNTERS_MAX = 32;
const NAME_MAX = 63;

/** What is wrong with the names of counters, of which there must be some. */
export function validateCounters(counters: object, field: string): FieldError[] {
  const names = Object.keys(counters);
  if (names.length === 0) return [required(field)];
  if (names.length > COUNTERS_MAX) return [tooMany(field, names.length, COUNTERS_MAX)];
  return names.flatMap((name) => invalids(keyed(field, name, NAME_MAX), name, dnsLabelErrors(name)));
}
