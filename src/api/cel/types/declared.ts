import type { CelType } from "../cel.ts";
import { convertDynamic, convertScalar } from "../evaluate/from-json.ts";
import type { Convert, ObjectShape, Value } from "../evaluate/values.ts";
import { CelList, JsonMap, JsonObject } from "../evaluate/values.ts";
import { authorizerResourceValue, authorizerValue } from "../library/authorizer.ts";
import { escapePropertyName, findProperty } from "./property-names.ts";
import type { Type } from "./type.ts";
import * as types from "./type.ts";

/** A declared type as the checker sees it, with how JSON becomes its values. */
export interface Declared {
  readonly type: Type;
  readonly convert: Convert;
  /** Of lists and maps: what is in them. */
  readonly element?: Declared;
  readonly maximumLength?: number;
  readonly field?: (name: string) => Declared | undefined;
}

const known = new WeakMap<CelType, Declared>();

export function declare(type: CelType): Declared {
  let declared = known.get(type);
  if (declared === undefined) known.set(type, (declared = build(type)));
  return declared;
}

const scalars = {
  boolean: types.boolType,
  integer: types.intType,
  unsigned: types.uintType,
  double: types.doubleType,
  string: types.stringType,
  bytes: types.bytesType,
  null: types.nullType,
  timestamp: types.timestampType,
  duration: types.durationType,
  quantity: types.opaque("kubernetes.Quantity"),
} as const;

function build(type: CelType): Declared {
  switch (type.kind) {
    case "dynamic":
      return { type: types.dynType, convert: convertDynamic, ...maximum(type) };
    case "intOrString":
      return { type: types.dynType, convert: convertDynamic };
    case "authorizer":
      return { type: types.opaque("kubernetes.authorization.Authorizer"), convert: authorizerValue };
    case "authorizerResource":
      return { type: types.opaque("kubernetes.authorization.ResourceCheck"), convert: authorizerResourceValue };
    case "native":
      return { type: type.type as Type, convert: (value) => value as Value };
    case "list":
      return list(type);
    case "map":
      return map(type);
    case "object":
      return object(type);
    case "optional": {
      const element = declare(type.element);
      return {
        type: types.optionalOf(element.type),
        convert: convertScalar("optional", element.convert),
        ...maximum(element),
      };
    }
    case "string":
    case "bytes":
    case "timestamp":
    case "duration":
      return { type: scalars[type.kind], convert: convertScalar(type.kind), ...maximum(type) };
    default:
      return { type: scalars[type.kind], convert: convertScalar(type.kind) };
  }
}

function maximum(type: { maximumLength?: number }): { maximumLength?: number } {
  return type.maximumLength === undefined ? {} : { maximumLength: type.maximumLength };
}

function list(type: Extract<CelType, { kind: "list" }>): Declared {
  const element = declare(type.element);
  const identity = typeof type.identity === "object" ? type.identity.map(named) : type.identity;
  const convert: Convert = (json) =>
    Array.isArray(json) ? new CelList(json, element.convert, identity) : convertDynamic(json);
  return { type: types.listOf(element.type), convert, element, ...maximum(type) };
}

const named = (property: string): string => escapePropertyName(property) ?? property;

function map(type: Extract<CelType, { kind: "map" }>): Declared {
  const element = declare(type.value);
  const convert: Convert = (json) => (isRecord(json) ? new JsonMap(json, element.convert) : convertDynamic(json));
  return { type: types.mapOf(types.stringType, element.type), convert, element, ...maximum(type) };
}

function object(type: Extract<CelType, { kind: "object" }>): Declared {
  let known: ReadonlyMap<string, ReturnType<typeof objectField>> | undefined;
  const fields = () => {
    known ??= new Map(
      Object.entries(type.fields).flatMap(([json, field]) => {
        const name = type.plainNames ? json : escapePropertyName(json);
        return name === undefined ? [] : [[name, objectField(json, field)] as const];
      }),
    );
    return known;
  };
  const shape: ObjectShape = {
    typeName: type.name,
    get fields() {
      return fields();
    },
  };
  const field = (name: string) => findProperty(fields(), name)?.declared();
  const convert: Convert = (json) => (isRecord(json) ? new JsonObject(json, shape) : convertDynamic(json));
  return { type: types.objectType(type.name, (name) => field(name)?.type), convert, field };
}

/** Looks at the field's own type only when it is needed: types may contain themselves. */
function objectField(json: string, type: CelType): { json: string; convert: Convert; declared: () => Declared } {
  let known: Declared | undefined;
  const declared = () => {
    known ??= declare(type);
    return known;
  };
  return { json, declared, convert: (value) => (known ?? declared()).convert(value) };
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
