import type { CelType } from "../cel/cel.ts";
import { asResourceRoot } from "./compile.ts";
import type { StructuralSchema } from "./structural.ts";

/** How rules see values of a schema, with what the estimate of their cost needs. */
export interface DeclaredType {
  readonly type: CelType;
  /** Bytes of the smallest JSON that the schema allows. */
  readonly minimumSize: number;
  readonly properties?: ReadonlyMap<string, DeclaredType>;
  /** Of elements of a list, or values of a map. */
  readonly element?: DeclaredType;
}

/** Requests are not larger, and so neither is anything in them. */
export const REQUEST_BYTES_MAX = 3 * 1024 * 1024;
const DATE_BYTES = 12;
const DATE_TIME_BYTES_MIN = 21;
const DATE_TIME_BYTES_MAX = 32;
const DURATION_BYTES_MIN = 3;
const DURATION_BYTES_MAX = 32;
const STRING_BYTES_MIN = 2;
/** Lengths are declared in characters. */
const CHARACTER_BYTES_MAX = 4;

function declaredTypeOf(schema: StructuralSchema, name: string): DeclaredType | undefined {
  return schema.embeddedResource ? resourceType(schema, name) : plainType(schema, name);
}

/**
 * The type that rules at the root see as `self`, and in it those of all parts; undefined for what they cannot see, because the
 * schema does not say what it is. Strings with format byte, date, date-time and duration are bytes, timestamps and durations.
 */
export function declaredRootType(schema: StructuralSchema): DeclaredType | undefined {
  return resourceType(asResourceRoot(schema), "selfType");
}

/** The same for a part, by itself. */
export function declaredPartType(schema: StructuralSchema): DeclaredType | undefined {
  return declaredTypeOf(schema, "selfType");
}

function plainType(schema: StructuralSchema, name: string): DeclaredType | undefined {
  if (schema.intOrString) {
    const maxLength = notNegative(schema.source.maxLength);
    const most = maxLength === undefined ? REQUEST_BYTES_MAX - 2 : maxLength * CHARACTER_BYTES_MAX;
    return { type: { kind: "dynamic", maximumLength: most }, minimumSize: 1 };
  }
  switch (schema.type) {
    case "array":
      return listType(schema, name);
    case "object":
      return typeof schema.additionalProperties === "object" ? mapType(schema, name) : objectType(schema, name);
    case "string":
      return stringType(schema);
    case "boolean":
      return { type: { kind: "boolean" }, minimumSize: 4 };
    case "number":
      return { type: { kind: "double" }, minimumSize: 1 };
    case "integer":
      return { type: { kind: "integer" }, minimumSize: 1 };
    default:
      return undefined;
  }
}

function listType(schema: StructuralSchema, name: string): DeclaredType | undefined {
  const element = schema.items === undefined ? undefined : declaredTypeOf(schema.items, `${name}.@idx`);
  if (element === undefined) return undefined;
  const most = Math.floor((REQUEST_BYTES_MAX - 2) / (element.minimumSize + 1));
  const maximumLength = notNegative(schema.source.maxItems) ?? most;
  const identity =
    schema.listType === "set" ? ("whole" as const) : schema.listType === "map" ? schema.listMapKeys : undefined;
  const type = {
    kind: "list",
    element: element.type,
    maximumLength,
    ...(identity !== undefined && { identity }),
  } as const;
  return { type, minimumSize: 2, element };
}

function mapType(schema: StructuralSchema, name: string): DeclaredType | undefined {
  const element = declaredTypeOf(schema.additionalProperties as StructuralSchema, `${name}.@elem`);
  if (element === undefined) return undefined;
  // Two quotes, a colon, a comma, and the shortest of keys beside each value.
  const most = Math.floor((REQUEST_BYTES_MAX - 2) / (element.minimumSize + 6));
  const maximumLength = notNegative(schema.source.maxProperties) ?? most;
  return { type: { kind: "map", value: element.type, maximumLength }, minimumSize: 2, element };
}

function objectType(schema: StructuralSchema, typeName: string): DeclaredType {
  const required = new Set(schema.source.required ?? []);
  const properties = new Map<string, DeclaredType>();
  let minimumSize = 2;
  for (const [name, property] of schema.properties ?? []) {
    const declared = declaredTypeOf(property, `${typeName}.${name}`);
    if (declared === undefined) continue;
    properties.set(name, declared);
    // Defaults are filled in by the server, and need not be in a request.
    if (required.has(name) && property.default === undefined) minimumSize += name.length + declared.minimumSize + 4;
  }
  return { type: objectOf(typeName, properties), minimumSize, properties };
}

/** Rules at an object of its own see apiVersion, kind and its names, whatever its schema says. */
function resourceType(schema: StructuralSchema, name: string): DeclaredType | undefined {
  const declared = plainType(schema, name);
  if (declared?.properties === undefined) return declared;
  if (describesMetadata(schema)) return declared;
  const text: DeclaredType = stringType(TEXT);
  const names = new Map([
    ["name", text],
    ["generateName", text],
  ]);
  const metadata: DeclaredType = { type: objectOf(`${name}.metadata`, names), minimumSize: 2, properties: names };
  const properties = new Map([...declared.properties, ["apiVersion", text], ["kind", text], ["metadata", metadata]]);
  return { ...declared, type: objectOf(name, properties), properties };
}

/** A schema that says all that rules always see says what else they see. */
function describesMetadata({ properties }: StructuralSchema): boolean {
  const metadata = properties?.get("metadata");
  const texts = [
    ...["kind", "apiVersion"].map((name) => properties?.get(name)),
    ...["name", "generateName"].map((name) => metadata?.properties?.get(name)),
  ];
  return metadata?.type === "object" && texts.every((each) => each?.type === "string");
}

const TEXT: StructuralSchema = {
  type: "string",
  nullable: false,
  preserveUnknownFields: false,
  embeddedResource: false,
  intOrString: false,
  source: { type: "string" },
};

function objectOf(name: string, properties: ReadonlyMap<string, DeclaredType>): CelType {
  const fields = Object.fromEntries([...properties].map(([field, { type }]) => [field, type]));
  return { kind: "object", name, fields };
}

function stringType({ source }: StructuralSchema): DeclaredType {
  const maxLength = notNegative(source.maxLength);
  switch (source.format) {
    case "byte":
      return {
        type: { kind: "bytes", maximumLength: maxLength ?? REQUEST_BYTES_MAX - 2 },
        minimumSize: STRING_BYTES_MIN,
      };
    case "duration":
      return { type: { kind: "duration", maximumLength: DURATION_BYTES_MAX }, minimumSize: DURATION_BYTES_MIN };
    case "date":
      return { type: { kind: "timestamp", maximumLength: DATE_BYTES }, minimumSize: DATE_BYTES };
    case "date-time":
      return { type: { kind: "timestamp", maximumLength: DATE_TIME_BYTES_MAX }, minimumSize: DATE_TIME_BYTES_MIN };
    default: {
      const most = maxLength === undefined ? longestOf(source.enum) : maxLength * CHARACTER_BYTES_MAX;
      return { type: { kind: "string", maximumLength: most }, minimumSize: STRING_BYTES_MIN };
    }
  }
}

function longestOf(values: readonly unknown[] | undefined): number {
  if (values === undefined || values.length === 0) return REQUEST_BYTES_MAX - 2;
  return Math.max(...values.map((value) => (typeof value === "string" ? Buffer.byteLength(value) : 0)));
}

const notNegative = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.max(0, value);
