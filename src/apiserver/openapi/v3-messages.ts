import { entries, type FieldLayout, flag, type Layouts, text, texts, type Variant } from "./v2-messages.ts";

/** A schema, or where it stands. */
const schemaOrReference = (value: unknown): Variant =>
  Object.hasOwn(value as object, "$ref") ? { at: [2], is: "reference" } : { at: [1], is: "schema" };

function additionalProperties(value: unknown): Variant {
  if (typeof value === "boolean") return { at: [2], is: "boolean" };
  const { at, is } = schemaOrReference(value);
  return { at: [1, ...at], is };
}

/** Protobuf has defaults of these types only; of others it is told that there is one. */
function defaultVariant(value: unknown): Variant {
  if (typeof value === "number") return { at: [1], is: "number" };
  if (typeof value === "boolean") return { at: [2], is: "boolean" };
  return typeof value === "string" ? { at: [3], is: "string" } : { at: [], is: "nothing" };
}

const operation = (at: number): FieldLayout => ({ at: [at], is: "operation" });
const parameters = (at: number): FieldLayout => ({ at: [at, 1], is: "parameter", shape: "list" });
const content = (at: number): FieldLayout => entries([at, 1], "mediaType", []);
const schemas = (at: number): FieldLayout => ({ at: [at], is: schemaOrReference, shape: "list" });

/** How OpenAPI 3.0 stands in protobuf: package openapi.v3 of gnostic. */
export const V3_MESSAGES: Layouts = {
  document: {
    fields: {
      openapi: text(1),
      info: { at: [2], is: "info" },
      paths: entries([4, 1], "path", []),
      components: { at: [5], is: "components" },
    },
    extensions: 9,
  },
  info: { fields: { title: text(1), description: text(2), version: text(6) }, extensions: 7 },
  path: {
    fields: {
      get: operation(4),
      put: operation(5),
      post: operation(6),
      delete: operation(7),
      options: operation(8),
      head: operation(9),
      patch: operation(10),
      parameters: parameters(13),
    },
    extensions: 14,
  },
  operation: {
    fields: {
      tags: texts(1),
      description: text(3),
      operationId: text(5),
      parameters: parameters(6),
      requestBody: { at: [7, 1], is: "requestBody" },
      responses: entries([8, 2], "response", [1]),
      deprecated: flag(10),
    },
    extensions: 13,
  },
  parameter: {
    fields: {
      name: text(1),
      in: text(2),
      description: text(3),
      required: flag(4),
      schema: { at: [10], is: schemaOrReference },
    },
    extensions: 14,
  },
  requestBody: { fields: { description: text(1), content: content(2), required: flag(3) }, extensions: 4 },
  response: { fields: { description: text(1), content: content(3) }, extensions: 5 },
  mediaType: { fields: { schema: { at: [1], is: schemaOrReference } }, extensions: 5 },
  reference: { fields: { $ref: text(1), description: text(3) }, extensions: 0 },
  components: {
    fields: {
      schemas: entries([1, 1], schemaOrReference, []),
      securitySchemes: entries([7, 1], "securityScheme", [1]),
    },
    extensions: 10,
  },
  securityScheme: { fields: { type: text(1), description: text(2), name: text(3), in: text(4) }, extensions: 9 },
  schema: { fields: schemaFields(), extensions: 36 },
  externalDocs: { fields: { description: text(1), url: text(2) }, extensions: 3 },
};

function schemaFields(): Record<string, FieldLayout> {
  const number = (at: number): FieldLayout => ({ at: [at], is: "number" });
  const integer = (at: number): FieldLayout => ({ at: [at], is: "integer" });
  return {
    nullable: flag(1),
    externalDocs: { at: [6], is: "externalDocs" },
    example: { at: [7], is: "any" },
    title: text(9),
    multipleOf: number(10),
    maximum: number(11),
    exclusiveMaximum: flag(12),
    minimum: number(13),
    exclusiveMinimum: flag(14),
    maxLength: integer(15),
    minLength: integer(16),
    pattern: text(17),
    maxItems: integer(18),
    minItems: integer(19),
    uniqueItems: flag(20),
    maxProperties: integer(21),
    minProperties: integer(22),
    required: texts(23),
    enum: { at: [24], is: "any", shape: "list" },
    type: text(25),
    allOf: schemas(26),
    oneOf: schemas(27),
    anyOf: schemas(28),
    not: { at: [29], is: "schema" },
    items: { at: [30, 1], is: schemaOrReference },
    properties: entries([31, 1], schemaOrReference, []),
    additionalProperties: { at: [32], is: additionalProperties },
    default: { at: [33], is: defaultVariant },
    description: text(34),
    format: text(35),
  };
}
