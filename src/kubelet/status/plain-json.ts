/** Deep equality of JSON as it would arrive: a field that is undefined is not there. */
export function equalAsJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    // Not `every`: of each pod very many are compared, and a closure each is more than what is compared.
    for (let index = 0; index < a.length; index++) if (!equalAsJson(a[index], b[index])) return false;
    return true;
  }
  const one = a as Record<string, unknown>;
  const other = b as Record<string, unknown>;
  for (const key in one) if (!equalAsJson(one[key], other[key])) return false;
  for (const key in other) if (other[key] !== undefined && one[key] === undefined) return false;
  return true;
}

/** A deep copy of JSON as it would arrive: without what is undefined. */
export function copyAsJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyAsJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) if (value[key] !== undefined) copy[key] = copyAsJson(value[key]);
  return copy as T;
}
