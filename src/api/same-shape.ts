import type { Field, Schema } from "./schema.ts";

/** True when objects of the two definitions have the same fields all the way down. */
export function sameShape(schema: Schema, left: string, right: string, seen = new Set<string>()): boolean {
  if (left === right || seen.has(`${left} ${right}`)) return true;
  seen.add(`${left} ${right}`);
  const [a, b] = [schema.definitions[left], schema.definitions[right]];
  if (a === undefined || b === undefined) return false;
  const names = Object.keys(a.fields);
  if (a.special !== b.special || names.length !== Object.keys(b.fields).length) return false;
  return names.every((name) => sameField(schema, { a: a.fields[name], b: b.fields[name] }, seen));
}

function sameField(
  schema: Schema,
  { a, b }: { a: Field | undefined; b: Field | undefined },
  seen: Set<string>,
): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.type !== b.type || a.container !== b.container || a.format !== b.format) return false;
  if ((a.ref === undefined) !== (b.ref === undefined)) return false;
  return a.ref === undefined || sameShape(schema, a.ref, b.ref!, seen);
}
