/**
 * The shape of the compact schema that `npm run generate` builds: what every object of Kubernetes looks like, as data.
 * Protobuf tables, strategic merge patch, pruning, OpenAPI, discovery and `explain` all read this one source.
 */
export interface Schema {
  /** By OpenAPI name, e.g. `io.k8s.api.core.v1.Pod`. */
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly resources: readonly ResourceSchema[];
}

export interface Definition {
  /** The kinds whose top level has this shape. */
  readonly kinds?: readonly GroupVersionKind[];
  /**
   * Set for types that are not plain messages. On the wire as JSON: quantity, intOrString, time, microTime are
   * scalars; raw, fieldsV1 and json hold any JSON value. `extraValue` and `verbs` are lists of strings wrapped in a message.
   * The `jsonSchemaProps…` ones are unions: a schema, or an array of schemas, a boolean, a list of strings.
   */
  readonly special?: SpecialType;
  /** By JSON name, in the order of the Go type (and so of printed objects). */
  readonly fields: Readonly<Record<string, Field>>;
  /** Server-side apply replaces such a struct as a whole; also told by each field that holds one. */
  readonly mapType?: "atomic";
  /** Set for what is no struct: values are a list or map, as such a field holds it. Only in lists of lists and the like. */
  readonly value?: Field;
}

export type SpecialType =
  | "quantity"
  | "intOrString"
  | "time"
  | "microTime"
  | "raw"
  | "fieldsV1"
  | "json"
  | "jsonSchemaPropsOrArray"
  | "jsonSchemaPropsOrBool"
  | "jsonSchemaPropsOrStringArray"
  | "extraValue"
  | "verbs";

export type ScalarType = "string" | "integer" | "number" | "boolean" | "bytes";

export interface Field {
  /** Element type: a scalar, or absent when `ref` names a definition. A field with neither holds any JSON value. */
  readonly type?: ScalarType;
  readonly ref?: string;
  /** The field is a list, or a map from strings, of the element type. */
  readonly container?: "list" | "map";
  /** int32, int64, double … for numbers. */
  readonly format?: string;
  readonly required?: true;
  /** Protobuf field number; absent when protobuf does not carry the field. */
  readonly number?: number;
  /** JSON shows the field inline, but in protobuf it lies in nested messages of these numbers, outermost first. */
  readonly inside?: readonly number[];
  /** A Go pointer: absent and zero differ. */
  readonly pointer?: true;
  /** Written to JSON also when it has its zero value (no `omitempty`). */
  readonly keepEmpty?: true;
  readonly enum?: readonly string[];
  /** Declared in the API's schema; most defaults are set by code instead (KindDefinition.setDefaults). */
  readonly default?: unknown;
  /** Strategic merge patch (struct tags patchStrategy, patchMergeKey). */
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  /** Server-side apply: how lists, maps and structs merge. */
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface ResourceSchema {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, e.g. `pods`. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  /** Where it is not the kind with `List` behind it. */
  readonly listKind?: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Name of the kind's definition. */
  readonly definition: string;
  readonly subresources?: readonly SubresourceSchema[];
}

export const listKindOf = ({ kind, listKind }: Pick<ResourceSchema, "kind" | "listKind">): string =>
  listKind ?? `${kind}List`;

export interface SubresourceSchema {
  /** Last path segment, e.g. `status`. */
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}
