/**
 * Replaces `$(NAME)` by a variable's value, as upstream's third_party/forked/golang/expansion: `$$` is a dollar sign,
 * an unknown name and a broken reference stay as they are.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  let result = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0 || dollar === text.length - 1) return result + text.slice(at);
    result += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      result += "$";
      at = dollar + 2;
      continue;
    }
    const end = next === "(" ? text.indexOf(")", dollar + 2) : -1;
    if (end >= 0) {
      const name = text.slice(dollar + 2, end);
      result += lookup(name) ?? `$(${name})`;
      at = end + 1;
    } else if (next === "(") {
      result += "$(";
      at = dollar + 2;
    } else {
      result += `$${next}`;
      at = dollar + 2;
    }
  }
  return result;
}

/** A lookup in several maps, the first that has the name wins. */
export function lookupIn(...maps: readonly ReadonlyMap<string, string>[]): (name: string) => string | undefined {
  return (name) => {
    for (const map of maps) {
      const value = map.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}
