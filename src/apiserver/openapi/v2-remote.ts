import { equalJson, isJsonObject, type JsonObject } from "../../api/patch/json-value.ts";
import type { SwaggerPart } from "./v2-convert.ts";

const REF = "#/definitions/";

/** What one more server adds to the document of OpenAPI 2.0. */
export interface RemotePart {
  readonly paths: readonly (readonly [string, SwaggerPart])[];
  readonly definitions: readonly (readonly [string, SwaggerPart])[];
  /** Definitions of our own that it refers to. */
  readonly shared: readonly string[];
}

/**
 * What a server's OpenAPI 2.0 document says of one group and version: its paths, and the definitions that they need. A definition
 * that we have otherwise gets another name (kube-openapi's MergeSpecsIgnorePathConflictRenamingDefinitions).
 *
 * @param find a definition of the document so far
 */
export function remotePart(
  document: unknown,
  of: { readonly group: string; readonly version: string },
  find: (name: string) => SwaggerPart | undefined,
): RemotePart {
  const { paths, definitions } = isJsonObject(document) ? document : {};
  const root = `/apis/${of.group}/${of.version}`;
  const ours = Object.entries(isJsonObject(paths) ? paths : {}).filter(
    ([path, item]) => isJsonObject(item) && (path === root || path.startsWith(`${root}/`)),
  );
  const known = isJsonObject(definitions) ? definitions : {};
  const needed = new Set<string>(ours.flatMap(([, item]) => refsIn(item)));
  // A set that grows is visited to its end.
  for (const name of needed) for (const ref of refsIn(ownField(known, name))) needed.add(ref);
  const names = new Map<string, string>();
  const shared: string[] = [];
  for (const name of needed) {
    const found = find(name);
    if (found === undefined) continue;
    if (equalJson(found, ownField(known, name))) shared.push(name);
    else
      names.set(
        name,
        freeName(name, (each) => find(each) !== undefined || needed.has(each)),
      );
  }
  return {
    paths: ours.map(([path, item]) => [path, renamed(item, names) as SwaggerPart]),
    definitions: [...needed].flatMap((name) => {
      const schema = ownField(known, name);
      if (!isJsonObject(schema) || shared.includes(name)) return [];
      return [[names.get(name) ?? name, renamed(schema, names) as SwaggerPart] as const];
    }),
    shared,
  };
}

function ownField(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** `name_v2`, `name_v3` …, as upstream. */
function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let number = 2; ; number++) if (!isTaken(`${name}_v${number}`)) return `${name}_v${number}`;
}

function refsIn(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(refsIn);
  if (!isJsonObject(part)) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" && value.startsWith(REF) ? [value.slice(REF.length)] : refsIn(value),
  );
}

function renamed(part: unknown, names: ReadonlyMap<string, string>): unknown {
  if (names.size === 0) return part;
  if (Array.isArray(part)) return part.map((each) => renamed(each, names));
  if (!isJsonObject(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => {
      const name = key === "$ref" && typeof value === "string" ? names.get(value.slice(REF.length)) : undefined;
      return [key, name === undefined ? renamed(value, names) : REF + name];
    }),
  );
}
