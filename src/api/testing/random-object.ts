import type { Random } from "../../base/random.ts";
import type { JsonObject } from "../patch/json-value.ts";
import type { Field, Schema } from "../schema.ts";

const TEXTS = ["a", "web", "x.y/z", 'quo"ted', "back\\slash", "ünicode", "", "with space", "1"];
const KEYS = ["app", "b", "example.com/name", 'k"ey', "zz", "Aa"];
const DEPTH_MAX = 6;

/** An object of a definition with about a third of its fields, of the right types; small lists and maps, some with equal elements. */
export function randomObject(schema: Schema, definition: string, random: Random): JsonObject {
  return struct(definition, 0);

  function struct(name: string, depth: number): JsonObject {
    const fields = Object.entries(schema.definitions[name]?.fields ?? {});
    const object: JsonObject = {};
    for (const [key, field] of shuffled(fields)) {
      if (random.fraction() < (field.required === true ? 0.9 : 0.35)) object[key] = valueFor(field, depth + 1);
    }
    return object;
  }

  function valueFor(field: Field, depth: number): unknown {
    const count = depth > DEPTH_MAX ? 0 : Math.floor(random.fraction() * 4);
    if (field.container === "list") return Array.from({ length: count }, () => element(field, depth));
    if (field.container === undefined) return element(field, depth);
    return Object.fromEntries(Array.from({ length: count }, () => [pick(KEYS), element(field, depth)]));
  }

  function element({ ref, type }: Field, depth: number): unknown {
    const special = ref === undefined ? undefined : schema.definitions[ref]?.special;
    if (ref !== undefined && special === undefined) return depth > DEPTH_MAX ? {} : struct(ref, depth);
    switch (special ?? type) {
      case "integer":
      case "number":
      case "intOrString":
        return Math.floor(random.fraction() * 3);
      case "boolean":
        return random.fraction() < 0.5;
      case "quantity":
        return pick(["1", "100m", "2Gi"]);
      case "time":
        return "2026-01-02T03:04:05Z";
      case "microTime":
        return "2026-01-02T03:04:05.000000Z";
      case "extraValue":
      case "verbs":
        return [pick(TEXTS)];
      case "bytes":
        return "YWJj";
      case "string":
        return pick(TEXTS);
      default:
        return pick<unknown>([{}, { b: [1, { c: null }], a: { x: "y" } }, { plain: true }]);
    }
  }

  function pick<T>(from: readonly T[]): T {
    return from[Math.floor(random.fraction() * from.length)]!;
  }

  function shuffled<T>(list: readonly T[]): T[] {
    const ranked = list.map((each) => ({ each, rank: random.fraction() }));
    return ranked.sort((a, b) => a.rank - b.rank).map(({ each }) => each);
  }
}

/** Of another type than most fields, spelled otherwise, or with a field more. */
const OTHERS = [null, "", 0, false, {}, [], "x", 1.5, 7n, [null], { more: 1 }, " 1 ", "2026-01-02T03:04:05.5+01:00"];

/** Changes the object: a value somewhere in it is something else. */
export function spoiled(object: JsonObject, random: Random): JsonObject {
  const places: [JsonObject, string][] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as JsonObject, key]);
      visit((value as JsonObject)[key]);
    }
  };
  visit(object);
  const [owner, key] = places[Math.floor(random.fraction() * places.length)] ?? [object, "kind"];
  owner[key] = OTHERS[Math.floor(random.fraction() * OTHERS.length)];
  return object;
}
