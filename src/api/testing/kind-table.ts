import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "../field-error.ts";
import type { KindDefinition } from "../kind.ts";
import type { AnyObject } from "../meta.ts";

const lines = (errors: FieldError[] = []): string[] => errors.map(({ field, message }) => `${field}: ${message}`);

const complete = (object: object): AnyObject => {
  const { metadata, ...rest } = structuredClone(object) as AnyObject;
  return { metadata: { name: "a", namespace: "default", uid: "1", ...metadata }, ...rest } as AnyObject;
};

/** A new object with its defaults, and without what a client may not say. */
export function created(kind: KindDefinition, object: object): AnyObject {
  const draft = complete(object);
  kind.setDefaults?.(draft);
  kind.prepareForCreate?.(draft);
  kind.setDefaults?.(draft);
  return draft;
}

/** What the rules say of a new object. */
export function wrongWithNew(kind: KindDefinition, object: object): string[] {
  const draft = created(kind, object);
  return lines([...(kind.validate?.(draft) ?? []), ...(kind.validateCreate?.(draft) ?? [])]);
}

/** What they say of a change; what was before is taken as it is. */
export function wrongWithChange(kind: KindDefinition, object: object, before: object): string[] {
  const [draft, old] = [complete(object), complete(before)];
  for (const each of [draft, old]) kind.setDefaults?.(each);
  kind.prepareForUpdate?.(draft, old);
  return lines([...(kind.validate?.(draft, old) ?? []), ...(kind.validateUpdate?.(draft, old) ?? [])]);
}

/** What they say of a status. */
export function wrongWithStatus(kind: KindDefinition, object: object, before: object = object): string[] {
  return lines(kind.validateStatusUpdate?.(complete(object), complete(before)));
}

export type Row = readonly [what: string, object: object, ...errors: string[]];

/** One test a row: a new object, and all that is wrong with it. */
export function testNew(kind: KindDefinition, rows: readonly Row[]): void {
  for (const [what, object, ...errors] of rows) {
    test(`${kind.kind}: ${what}`, () => assert.deepEqual(wrongWithNew(kind, object), errors));
  }
}

export type ChangeRow = readonly [what: string, object: object, before: object, ...errors: string[]];

/** One test a row: what an object shall become, what it was, and all that is wrong with that. */
export function testChange(kind: KindDefinition, rows: readonly ChangeRow[]): void {
  for (const [what, object, before, ...errors] of rows) {
    test(`${kind.kind} changes: ${what}`, () => assert.deepEqual(wrongWithChange(kind, object, before), errors));
  }
}
