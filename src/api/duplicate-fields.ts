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

/**
 * What strict validation says of a JSON text, in the order in which Go's decoder comes upon it: each field that the types do
 * not have, and each that comes twice. It does not look into the former, nor count them.
 *
 * @param unknown paths of the fields that the types do not have
 */
export function fieldComplaints(json: string, unknown: readonly string[]): string[] {
  const unread = new Set(unknown);
  const told = new Set<string>();
  walkFields(json, ({ path, isAgain }) => {
    if (unread.has(path)) told.add(`unknown field "${path}"`);
    else if (isAgain) told.add(`duplicate field "${path}"`);
    return !unread.has(path);
  });
  return [...told];
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
  walkFields(json, ({ path, key, position, isAgain }) => {
    if (isAgain && !found.has(path)) found.set(path, { key, position });
    return true;
  });
  return found;
}

interface FoundField {
  readonly path: string;
  readonly key: string;
  readonly position: number;
  /** Whether its object has had that key before. */
  readonly isAgain: boolean;
}

/** Visits all fields of a text in its order. @param visit whether what is in the field is to be visited too */
function walkFields(json: string, visit: (field: FoundField) => boolean): void {
  let position = 0;
  value("", true);

  function value(path: string, isVisited: boolean): void {
    skipSpace();
    const character = json[position];
    if (character === "{") object(path, isVisited);
    else if (character === "[") list(path, isVisited);
    else if (character === '"') text();
    else while (position < json.length && !",]} \t\r\n".includes(json[position]!)) position++;
  }

  function object(path: string, isVisited: boolean): void {
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
      const isEntered = isVisited && visit({ path: at, key, position: start, isAgain: keys.has(key) });
      keys.add(key);
      skipSpace();
      position++;
      value(at, isEntered);
    }
    position++;
  }

  function list(path: string, isVisited: boolean): void {
    position++;
    let index = 0;
    for (skipSpace(); json[position] !== "]" && position < json.length; skipSpace()) {
      if (json[position] === ",") {
        position++;
        continue;
      }
      value(`${path}[${index++}]`, isVisited);
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
