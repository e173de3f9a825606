import type { KindDefinition } from "../../api/kind.ts";
import type { ResourceReference } from "../../api/meta.ts";
import type { Definition, ResourceSchema, Schema } from "../../api/schema.ts";
import type { AdmissionChain } from "../admission/chain.ts";
import type { ResourceStorage } from "./storage.ts";
import type { Strategy } from "./strategy.ts";

/** One resource in one version, with all that serving it needs. */
export interface ServedResource {
  readonly schema: ResourceSchema;
  readonly reference: ResourceReference;
  readonly kind: KindDefinition | undefined;
  readonly definition: Definition;
  readonly allSchema: Schema;
  readonly strategy: Strategy;
  readonly storage: ResourceStorage;
  readonly admission: AdmissionChain;
  /** The version in which objects are stored; others have the same shape and differ in apiVersion only. */
  readonly storageVersion: string;
  /** True where `status` is written through its own subresource. */
  readonly hasStatus: boolean;
}
