export type MessageName =
  | "document"
  | "info"
  | "path"
  | "operation"
  | "bodyParameter"
  | "queryParameter"
  | "pathParameter"
  | "response"
  | "schema"
  | "apiKey";

export interface FieldLayout {
  /** The field's number, and those of the fields inside that lead to the value. */
  readonly at: readonly number[];
  /** A scalar, `any` JSON, `nothing` for an empty message, or a message's name. */
  readonly is: string | ((value: unknown) => Variant);
  /** `map`: `at` leads to entries of name (1) and value (2), in which the value stands at `inside`. */
  readonly shape?: "list" | "map";
  readonly inside?: readonly number[];
}

/** One of several messages that a value can be, told by what it holds. */
export interface Variant {
  readonly at: readonly number[];
  readonly is: string;
}

export interface MessageLayout {
  readonly fields: Readonly<Record<string, FieldLayout>>;
  /** Number of the field for all `x-` keys. */
  readonly extensions: number;
}

export const text = (at: number): FieldLayout => ({ at: [at], is: "string" });
export const texts = (at: number): FieldLayout => ({ at: [at], is: "string", shape: "list" });
export const flag = (at: number): FieldLayout => ({ at: [at], is: "boolean" });
const parameters = (at: number): FieldLayout => ({ at: [at], is: parameterVariant, shape: "list" });
const operation = (at: number): FieldLayout => ({ at: [at], is: "operation" });

function parameterVariant(value: unknown): Variant {
  const { in: place } = value as { in: string };
  if (place === "body") return { at: [1, 1], is: "bodyParameter" };
  return place === "path" ? { at: [1, 2, 4], is: "pathParameter" } : { at: [1, 2, 3], is: "queryParameter" };
}

const additionalProperties = (value: unknown): Variant =>
  typeof value === "boolean" ? { at: [2], is: "boolean" } : { at: [1], is: "schema" };

/** By message. */
export type Layouts = Readonly<Record<string, MessageLayout>>;

/**
 * How OpenAPI 2.0 stands in protobuf (package openapi.v2 of gnostic, which kubectl and client-go read): for each message
 * the numbers of its fields, and of the messages in between that JSON does not have.
 */
export const MESSAGES: Readonly<Record<MessageName, MessageLayout>> = {
  document: {
    fields: { swagger: text(1), info: { at: [2], is: "info" }, securityDefinitions: entries([13, 1], "apiKey", [2]) },
    extensions: 16,
  },
  info: { fields: { title: text(1), version: text(2) }, extensions: 7 },
  path: {
    fields: {
      get: operation(2),
      put: operation(3),
      post: operation(4),
      delete: operation(5),
      patch: operation(8),
      parameters: parameters(9),
    },
    extensions: 10,
  },
  operation: {
    fields: {
      tags: texts(1),
      description: text(3),
      operationId: text(5),
      produces: texts(6),
      consumes: texts(7),
      parameters: parameters(8),
      responses: entries([9, 1], "response", [1]),
    },
    extensions: 13,
  },
  bodyParameter: {
    fields: { description: text(1), name: text(2), in: text(3), required: flag(4), schema: { at: [5], is: "schema" } },
    extensions: 6,
  },
  queryParameter: {
    fields: {
      required: flag(1),
      in: text(2),
      description: text(3),
      name: text(4),
      type: text(6),
      format: text(7),
      uniqueItems: flag(20),
    },
    extensions: 23,
  },
  pathParameter: {
    fields: {
      required: flag(1),
      in: text(2),
      description: text(3),
      name: text(4),
      type: text(5),
      format: text(6),
      uniqueItems: flag(19),
    },
    extensions: 22,
  },
  response: { fields: { description: text(1), schema: { at: [2, 1], is: "schema" } }, extensions: 5 },
  schema: { fields: schemaFields(), extensions: 31 },
  apiKey: { fields: { type: text(1), name: text(2), in: text(3), description: text(4) }, extensions: 5 },
};

function schemaFields(): Record<string, FieldLayout> {
  const number = (at: number): FieldLayout => ({ at: [at], is: "number" });
  const integer = (at: number): FieldLayout => ({ at: [at], is: "integer" });
  return {
    $ref: text(1),
    format: text(2),
    title: text(3),
    description: text(4),
    default: { at: [5], is: "any" },
    multipleOf: number(6),
    maximum: number(7),
    exclusiveMaximum: flag(8),
    minimum: number(9),
    exclusiveMinimum: flag(10),
    maxLength: integer(11),
    minLength: integer(12),
    pattern: text(13),
    maxItems: integer(14),
    minItems: integer(15),
    uniqueItems: flag(16),
    maxProperties: integer(17),
    minProperties: integer(18),
    required: texts(19),
    enum: { at: [20], is: "any", shape: "list" },
    additionalProperties: { at: [21], is: additionalProperties },
    type: { at: [22, 1], is: "string" },
    items: { at: [23, 1], is: "schema" },
    allOf: { at: [24], is: "schema", shape: "list" },
    properties: entries([25, 1], "schema", []),
    example: { at: [30], is: "any" },
  };
}

export function entries(at: readonly number[], is: FieldLayout["is"], inside: readonly number[]): FieldLayout {
  return { at, is, shape: "map", inside };
}
