/** The parts of an OpenAPI 3.0 document that the API server writes. */
export interface OpenapiDocument {
  readonly openapi: "3.0.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, OpenapiSchema>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

/** A JSON schema with Kubernetes' extensions; custom resources bring their own. */
export type OpenapiSchema = Readonly<Record<string, unknown>>;

export type HttpMethod = "get" | "put" | "post" | "delete" | "patch";

export type PathItem = { readonly [method in HttpMethod]?: Operation } & { readonly parameters?: readonly Parameter[] };

export interface Operation {
  readonly description: string;
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content; readonly required?: true };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly "x-kubernetes-action"?: string;
  readonly "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string };
}

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly description: string;
  readonly required?: true;
  readonly schema: OpenapiSchema;
}

export type Content = Readonly<Record<string, { readonly schema: OpenapiSchema }>>;

/** A reference to a component. */
export function refTo(definition: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${definition}` };
}

/** Puts the parts of a document together, with the schemas that its paths and the given kinds need. */
export function assembleDocument(
  paths: Readonly<Record<string, PathItem>>,
  schemas: Readonly<Record<string, OpenapiSchema>>,
  version: string,
): OpenapiDocument {
  const bearer = { description: "Bearer Token authentication", in: "header", name: "authorization", type: "apiKey" };
  const sorted = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version },
    paths,
    components: { schemas: Object.fromEntries(sorted), securitySchemes: { BearerToken: bearer } },
  };
}
