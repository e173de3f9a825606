import type { HttpMethod, OpenapiSchema, Operation, Parameter, PathItem } from "./document.ts";

/** A part of an OpenAPI 2.0 document, as JSON. */
export type SwaggerPart = Readonly<Record<string, unknown>>;

const METHODS: readonly HttpMethod[] = ["get", "put", "post", "delete", "patch"];
/** What a schema of OpenAPI 2.0 can say; the rest (oneOf, nullable …) it has no words for. Upstream leaves out defaults. */
const KEPT = [
  ...["type", "format", "title", "description", "required", "enum", "pattern", "uniqueItems", "example"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"],
  ...["minItems", "maxItems", "minProperties", "maxProperties"],
];

/** One path of an OpenAPI 3.0 document in the words of 2.0. */
export function swaggerPath(item: PathItem): SwaggerPart {
  const operations = METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [[method, swaggerOperation(operation)] as const];
  });
  const parameters = item.parameters === undefined ? {} : { parameters: item.parameters.map(swaggerParameter) };
  return { ...Object.fromEntries(operations), ...parameters };
}

function swaggerOperation(operation: Operation): SwaggerPart {
  const { requestBody, responses, parameters = [], ...same } = operation;
  const schemas = Object.values(requestBody?.content ?? {});
  const body = schemas[0] && {
    in: "body",
    name: "body",
    ...(requestBody?.required && { required: true }),
    schema: swaggerSchema(schemas[0].schema),
  };
  const produces = new Set(Object.values(responses).flatMap(({ content = {} }) => Object.keys(content)));
  const all = [...parameters.map(swaggerParameter), ...(body === undefined ? [] : [body])];
  return {
    ...same,
    ...(requestBody && { consumes: Object.keys(requestBody.content) }),
    ...(produces.size > 0 && { produces: [...produces] }),
    ...(all.length > 0 && { parameters: all }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([code, { description, content = {} }]) => {
        const [answer] = Object.values(content);
        return [code, { description, ...(answer && { schema: swaggerSchema(answer.schema) }) }];
      }),
    ),
  };
}

function swaggerParameter({ schema, ...same }: Parameter): SwaggerPart {
  return { ...same, ...schema };
}

/** A schema of OpenAPI 3.0 in the words of 2.0: a reference may have a description beside it, alternatives are strings. */
export function swaggerSchema(schema: OpenapiSchema): SwaggerPart {
  const { $ref, allOf, oneOf, properties, items, additionalProperties } = schema as {
    readonly $ref?: string;
    readonly allOf?: readonly OpenapiSchema[];
    readonly oneOf?: readonly OpenapiSchema[];
    readonly properties?: Readonly<Record<string, OpenapiSchema>>;
    readonly items?: OpenapiSchema;
    readonly additionalProperties?: OpenapiSchema | boolean;
  };
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema))
    if (KEPT.includes(key) || key.startsWith("x-kubernetes-")) result[key] = value;
  const only = $ref ?? (allOf?.length === 1 ? (allOf[0] as { $ref?: string }).$ref : undefined);
  if (only !== undefined) result.$ref = only.replace("#/components/schemas/", "#/definitions/");
  else if (allOf !== undefined) result.allOf = allOf.map(swaggerSchema);
  if (oneOf?.some(({ type }) => type === "string")) result.type = "string";
  if (properties !== undefined)
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, each]) => [name, swaggerSchema(each)]),
    );
  if (items !== undefined) result.items = swaggerSchema(items);
  if (typeof additionalProperties === "object") result.additionalProperties = swaggerSchema(additionalProperties);
  else if (additionalProperties !== undefined) result.additionalProperties = additionalProperties;
  return result;
}
