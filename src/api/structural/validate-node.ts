import { type FieldError, invalid, required } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { correlatedElements, correlatedField, fieldSchema, isUnchanged, itemSchema } from "./correlate.ts";
import { junctorChecks } from "./junctor-checks.ts";
import { type Check, fieldOf, type Node, type Run } from "./validation-run.ts";
import { all, enumCheck, formatCheck, numberCheck, stringCheck, typeCheck } from "./value-checks.ts";

export interface CompileContext {
  readonly pattern: (expression: string) => (text: string) => boolean;
  /** The structural schema of the same place: allOf and the like restrict values, but only it says how lists are keyed. */
  readonly place: JSONSchemaProps | undefined;
}

/**
 * A schema as one check. Checks run in upstream's order: type, allOf and the like, string, format, number, list, enum, object.
 * Schemas are compiled when a value first comes to them, since much of a large definition is never used.
 */
export function compileNode(source: JSONSchemaProps, context: CompileContext): Check {
  const ofType = typeCheck(source);
  const ofEnum = enumCheck(source);
  const ofJunctors = junctorChecks(source, (inner) => lazily(() => compileNode(inner, context)));
  const ofString = all([stringCheck(source, context.pattern), formatCheck(source)]);
  const ofNumber = numberCheck(source);
  const ofList = listCheck(source, context);
  const ofObject = objectCheck(source, context);
  return (node, run) => {
    const { value } = node;
    ofType?.(node, run);
    if (value === null) {
      ofEnum?.(node, run);
      return;
    }
    ofJunctors?.(node, run);
    // Each check that applies counts, whether it found something or not.
    run.matches += 4;
    if (typeof value === "string") ofString?.(node, run);
    else if (typeof value === "number" || typeof value === "bigint") ofNumber?.(node, run);
    else if (Array.isArray(value)) ofList?.(node, run);
    ofEnum?.(node, run);
    if (isJsonObject(value)) ofObject?.(node, run);
  };
}

function lazily(make: () => Check): Check {
  let check: Check | undefined;
  return (node, run) => {
    check ??= make();
    check(node, run);
  };
}

/** A field or an element: what was wrong before and did not change passes. */
export function ratcheted(check: Check, place: JSONSchemaProps | undefined): Check {
  return (node, run) => {
    const found = run.errors.length;
    check(node, run);
    if (run.errors.length > found && node.old !== undefined && isUnchanged(place, node.value, node.old)) {
      run.errors.length = found;
    }
  };
}

function listCheck(source: JSONSchemaProps, context: CompileContext): Check | undefined {
  const { minItems, maxItems } = source;
  const items = itemSchema(source);
  const place = itemSchema(context.place);
  if (items === undefined && minItems === undefined && maxItems === undefined) return undefined;
  const ofItem =
    items === undefined ? undefined : lazily(() => ratcheted(compileNode(items, { ...context, place }), place));
  return (node, run) => {
    const list = node.value as unknown[];
    if (ofItem !== undefined) {
      const correlated = correlatedElements(context.place, node.old);
      for (let index = 0; index < list.length; index++) {
        ofItem({ value: list[index], old: correlated(list[index]), path: `${node.path}[${index}]` }, run);
      }
    }
    if (minItems !== undefined && list.length < minItems) {
      run.errors.push(
        invalid(fieldOf(node.path), list.length, `${node.path} in body should have at least ${minItems} items`),
      );
    }
    if (maxItems !== undefined && list.length > maxItems) run.errors.push(tooMany(node, list.length, maxItems));
    run.matches++;
  };
}

function tooMany(node: Node, count: number, max: number): FieldError {
  const items = max === 1 ? "item" : "items";
  return {
    reason: "FieldValueTooMany",
    field: fieldOf(node.path),
    message: `Too many: ${count}: must have at most ${max} ${items}`,
  };
}

function objectCheck(source: JSONSchemaProps, context: CompileContext): Check | undefined {
  const { minProperties, maxProperties, additionalProperties } = source;
  const ofField = (name: string, schema: JSONSchemaProps): Check => {
    const place = fieldSchema(context.place, name);
    return lazily(() => {
      const check = compileNode(schema, { ...context, place });
      const ofChanges = ratcheted(check, place);
      if (!TYPE_META.has(name)) return ofChanges;
      // Both objects are of the version that the client speaks: what the other one was does not show.
      return (node, run) => (node.path === name ? check : ofChanges)(node, run);
    });
  };
  const properties = new Map(
    Object.entries(source.properties ?? {}).map(([name, schema]) => [name, ofField(name, schema)]),
  );
  const others =
    typeof additionalProperties === "object"
      ? lazily(() => {
          const place = context.place?.additionalProperties;
          const inner = typeof place === "object" ? place : undefined;
          return ratcheted(compileNode(additionalProperties, { ...context, place: inner }), inner);
        })
      : undefined;
  const isClosed = additionalProperties === false;
  return (node, run) => {
    const object = node.value as JsonObject;
    const keys = Object.keys(object);
    if (minProperties !== undefined && keys.length < minProperties) {
      const text = `${node.path} in body should have at least ${minProperties} properties`;
      run.errors.push(invalid(fieldOf(node.path), keys.length, text));
    }
    if (maxProperties !== undefined && keys.length > maxProperties)
      run.errors.push(tooMany(node, keys.length, maxProperties));
    if (isClosed || others !== undefined) {
      for (const key of keys) {
        if (properties.has(key)) continue;
        if (others !== undefined) others(below(node, `${node.path}.${key}`, key), run);
        else run.errors.push(invalid(fieldOf(node.path), key, `${node.path}.${key} in body is a forbidden property`));
      }
    }
    for (const key of keys)
      properties.get(key)?.(below(node, node.path === "" ? key : `${node.path}.${key}`, key), run);
    for (const name of source.required ?? []) {
      if (!Object.hasOwn(object, name)) run.errors.push(required(fieldOf(`${node.path}.${name}`)));
    }
  };
}

const TYPE_META: ReadonlySet<string> = new Set(["apiVersion", "kind"]);

const below = (node: Node, path: string, key: string): Node => ({
  value: (node.value as JsonObject)[key],
  old: correlatedField(node.old, key),
  path,
});

/** Runs a check on a whole object. */
export function runCheck(check: Check, node: Node): FieldError[] {
  const run: Run = { errors: [], matches: 0 };
  check(node, run);
  return run.errors;
}
