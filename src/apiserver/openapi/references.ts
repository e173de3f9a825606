const prefix = "#/components/schemas/";

/** Names of all components that a part of a document refers to. */
export function refsIn(part: unknown): Set<string> {
  const found = new Set<string>();
  const waiting = [part];
  for (let value = waiting.pop(); waiting.length > 0 || value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "$ref" && typeof inner === "string" && inner.startsWith(prefix))
        found.add(inner.slice(prefix.length));
      else if (typeof inner === "object") waiting.push(inner);
    }
  }
  return found;
}
