import type { KindDefinition } from "../../api/kind.ts";
import type { ResourceReference } from "../../api/meta.ts";
import type { JsonObject } from "../../api/patch/json-value.ts";
import type { ResourceSchema, Schema } from "../../api/schema.ts";
import type { NormalizedObject } from "../../api/unknown-fields.ts";
import type { AdmissionChain } from "../admission/chain.ts";
import type { ResourceStorage } from "./storage.ts";
import type { Strategy } from "./strategy.ts";

/** One resource in one version, with all that serving it needs. Everything here sees objects of this version. */
export interface ServedResource {
  readonly schema: ResourceSchema;
  readonly reference: ResourceReference;
  readonly kind: KindDefinition | undefined;
  readonly allSchema: Schema;
  readonly strategy: Strategy;
  readonly storage: ResourceStorage;
  readonly admission: AdmissionChain;
  /** True where `status` is written through its own subresource. */
  readonly hasStatus: boolean;
  /** What a client sent as the resource's type holds it. @throws TypeMismatchError, StatusError */
  normalize(value: JsonObject): NormalizedObject;
}

export function referenceOf(schema: ResourceSchema): ResourceReference {
  const { group, version, resource, kind, namespaced } = schema;
  return { group, version, resource, kind, namespaced };
}
