/** Selectors for which an absent one selects nothing and an empty one everything. */
const EMPTY_MEANS_ALL = new Set(["labelSelector", "namespaceSelector", "selector"]);

/**
 * Equality of JSON values as Kubernetes means it: a field that is absent, null, or an empty list or object is the same
 * (apiequality.Semantic), but for selectors. The order of fields does not count, that of lists does.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmpty(a) && isEmpty(b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => semanticEqual(item, b[index]))
    );
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (EMPTY_MEANS_ALL.has(name) && (left[name] == null) !== (right[name] == null)) return false;
    if (!semanticEqual(left[name], right[name])) return false;
  }
  return true;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
