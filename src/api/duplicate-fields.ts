/**
 * Paths of fields that come twice in an object of a JSON text, e.g. `spec.replicas`; JSON.parse keeps the last and tells
 * nothing. The text must be valid JSON (it has been parsed before). Each path is told once.
 *
 * @param parsed what JSON.parse made of it, where that is at hand: nothing came twice when it has as many fields as the text
 */
export function findDuplicateFields(
  json: string,
  parsed?: { readonly value: unknown; readonly fields?: number | undefined },
): string[] {
  if (parsed !== undefined && fieldsOfValue(parsed.value) === (parsed.fields ?? fieldsOfText(json))) return [];
  return [...duplicatePlaces(json).keys()];
}

/** The same as a reader of YAML tells it: by the line and the key alone. */
export function duplicateFieldLines(json: string): string[] {
  return [...duplicatePlaces(json).values()].map(({ key, position }) => {
    const line = json.slice(0, position).split("\n").length;
    return `line ${line}: key ${JSON.stringify(key)} already set in map`;
  });
}

/** By path: the key, and where it stands for the second time. */
function duplicatePlaces(json: string): Map<string, { key: string; position: number }> {
  const found = new Map<string, { key: string; position: number }>();
  let position = 0;
  value("");
  return found;

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
      const start = position;
      const key = text();
      const at = path === "" ? key : `${path}.${key}`;
      if (keys.has(key) && !found.has(at)) found.set(at, { key, position: start });
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

function fieldsOfValue(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const each of value) count += fieldsOfValue(each);
  else {
    // What was parsed has no fields but its own, and makes no list of them so.
    for (const key in value) count += 1 + fieldsOfValue((value as Record<string, unknown>)[key]);
  }
  return count;
}

const QUOTE = 0x22;
const COLON = 0x3a;

/** Colons that stand outside of texts: one a field. */
function fieldsOfText(json: string): number {
  let count = 0;
  for (let position = 0; position < json.length; position++) {
    const character = json.charCodeAt(position);
    if (character === COLON) count++;
    else if (character === QUOTE) position = endOfText(json, position);
  }
  return count;
}

function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json[first - 1] === "\\") first--;
    if ((end - first) % 2 === 0) return end;
  }
  return json.length;
}
