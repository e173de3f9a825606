/**
 * Paths of fields that come twice in an object of a JSON text, e.g. `spec.replicas`; JSON.parse keeps the last and tells
 * nothing. The text must be valid JSON (it has been parsed before). Each path is told once.
 */
export function findDuplicateFields(json: string): string[] {
  const found = new Set<string>();
  let position = 0;
  value("");
  return [...found];

  function value(path: string): void {
    skipSpace();
    const character = json[position];
    if (character === "{") object(path);
    else if (character === "[") list(path);
    else if (character === '"') text();
    else while (position < json.length && !",]} \t\r\n".includes(json[position]!)) position++;
  }

  function object(path: string): void {
    const keys = new Set<string>();
    position++;
    for (skipSpace(); json[position] !== "}" && position < json.length; skipSpace()) {
      if (json[position] === ",") {
        position++;
        continue;
      }
      const key = text();
      const at = path === "" ? key : `${path}.${key}`;
      if (keys.has(key)) found.add(at);
      keys.add(key);
      skipSpace();
      position++;
      value(at);
    }
    position++;
  }

  function list(path: string): void {
    position++;
    let index = 0;
    for (skipSpace(); json[position] !== "]" && position < json.length; skipSpace()) {
      if (json[position] === ",") {
        position++;
        continue;
      }
      value(`${path}[${index++}]`);
    }
    position++;
  }

  function text(): string {
    const start = position++;
    while (position < json.length && json[position] !== '"') position += json[position] === "\\" ? 2 : 1;
    position++;
    const raw = json.slice(start, position);
    return raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  function skipSpace(): void {
    while (position < json.length && " \t\r\n".includes(json[position]!)) position++;
  }
}
