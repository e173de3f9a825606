import { addEmptyStructs, lacksStructs } from "../../api/empty-structs.ts";
import type { CustomResourceSubresourceScale } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { KindDefinition } from "../../api/kind.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { cloneJson, type JsonObject } from "../../api/patch/json-value.ts";
import type { OtherVersion } from "../../api/patch/other-version.ts";
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
  /**
   * What a client sent as the resource's type holds it; a configuration that is applied without defaults, because its owner
   * did not say them. What it shares with a `known` object of the same type may stay the same; a value that is owned may become
   * part of the result.
   * @throws TypeMismatchError
   */
  normalize(
    value: JsonObject,
    options?: {
      readonly isConfiguration?: boolean;
      readonly known?: ApiObject | undefined;
      readonly isOwned?: boolean | undefined;
    },
  ): NormalizedObject;
  /** What custom resources have besides; absent for what is built in. */
  readonly custom?: CustomFacets;
}

/** What handlers must know of a custom resource, which has no protobuf and no strategic merge patch. */
export interface CustomFacets {
  /** Loads what `kind` needs to validate; handlers that write wait for it before they do anything. */
  ready(): Promise<void>;
  /** For clients of a version that is deprecated. */
  readonly warning: string | undefined;
  /** The definition is being deleted: nothing new is created. */
  readonly isTerminating: boolean;
  /** Where replicas stand in the object, when there is a scale subresource. */
  readonly scale: CustomResourceSubresourceScale | undefined;
  /**
   * The definition's other versions, by apiVersion, where a webhook converts them: who wrote in one owns fields by its names.
   * Absent where all versions share the names.
   */
  readonly otherVersions?: (() => ReadonlyMap<string, OtherVersion>) | undefined;
  /** Whether the definition has that version; who wrote in another is forgotten. Absent for what is no version of it (Scale). */
  readonly hasVersion?: ((apiVersion: string) => boolean) | undefined;
  /** What documents of that OpenAPI version say of the kind and its list, by definition name. */
  published(openapi: 2 | 3): Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Changes when `published` does; cheap. */
  fingerprint(): string;
}

/** Adds to a draft what Go writes always; see api/empty-structs.ts. Custom resources have no such thing. */
export function completeDraft({ custom, allSchema, schema }: ServedResource, draft: ApiObject): void {
  if (custom === undefined) addEmptyStructs(draft as unknown as JsonObject, allSchema, schema.definition);
}

/** An object of the store as it is written today: what an older server or another writer left out counts as there. */
export function completed({ custom, allSchema, schema }: ServedResource, stored: ApiObject): ApiObject {
  if (custom !== undefined || !lacksStructs(stored as unknown as JsonObject, allSchema, schema.definition))
    return stored;
  const complete = cloneJson(stored);
  addEmptyStructs(complete as unknown as JsonObject, allSchema, schema.definition);
  return complete;
}

/** Whether metadata.generation is counted. */
export function countsGeneration({ kind, hasStatus }: ServedResource): boolean {
  return kind?.withoutGeneration !== true && (hasStatus || kind?.countsGeneration === true);
}

export function referenceOf(schema: ResourceSchema): ResourceReference {
  const { group, version, resource, kind, namespaced } = schema;
  return { group, version, resource, kind, namespaced };
}

/** The same resource but for some properties. What is computed when it is asked for stays so: it is not computed for this. */
export function withChanges(resource: ServedResource, changes: Partial<ServedResource>): ServedResource {
  const properties = { ...Object.getOwnPropertyDescriptors(resource), ...Object.getOwnPropertyDescriptors(changes) };
  return Object.defineProperties({}, properties) as ServedResource;
}
