import type { FieldError } from "./field-error.ts";
import type { ApiObject, ObjectMeta } from "./meta.ts";
import type { Fields } from "./read-fields.ts";

/**
 * What is particular about one kind, as data and pure functions: one file a kind (core/pod.ts, apps/deployment.ts …), all
 * of them listed in kinds.ts. What is common to all kinds (metadata rules, types of fields, unknown fields) lives in the
 * generic registry and reads the schema. A kind that needs nothing special has no definition.
 *
 * All functions are pure but for the draft that they are given. They never see the store; what needs other objects is an
 * admission plugin or an API server strategy.
 */
export interface KindDefinition<T extends ApiObject = ApiObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Fills in what the client left out, as upstream's SetDefaults_ functions. Idempotent; runs before admission and after it. */
  setDefaults?(draft: T): void;
  /** The same for what is written through the status subresource: it changes the status alone, for the rest may be shared. */
  setStatusDefaults?(draft: T): void;
  /** Drops what a client may not set on create, beyond `status` (which the generic registry drops where status is a subresource). */
  prepareForCreate?(draft: T): void;
  /** Carries over what a client may not change on update, beyond `status`. */
  prepareForUpdate?(draft: T, old: T): void;
  /** The same for a write through the status subresource. */
  prepareForStatusUpdate?(draft: T, old: T): void;
  /**
   * What is wrong with an object, beyond types and metadata. On update `old` is what it was before: where upstream lets stay
   * what was wrong already, the rule looks there.
   */
  validate?(object: T, old?: T): FieldError[];
  /** What is wrong with an object as it is created only, beyond validate (which runs too). */
  validateCreate?(object: T): FieldError[];
  /** What is wrong with the change, beyond validate (which runs too): immutable fields, transitions. */
  validateUpdate?(object: T, old: T): FieldError[];
  /** The same for a write through the status subresource. */
  validateStatusUpdate?(object: T, old: T): FieldError[];
  /** What is allowed and unwise, for the client's `Warning` headers: of a sound object that is created, or changed from `old`. */
  warnings?(object: T, old?: T): string[];
  /** The same of what is written through the status subresource. */
  statusWarnings?(object: T): string[];
  /**
   * How to tell that an object is like one that was looked at a moment ago, so that nobody need look again: of some kinds
   * thousands are made from one template. Undefined for an object that must be looked at by itself.
   */
  likeness?(object: T): Likeness | undefined;
  /**
   * Set for kinds of which thousands are made from one template, when neither `setDefaults` nor `prepareForCreate` looks at an
   * object's name or uid: what was prepared under a generated name that is taken is as good under another one.
   */
  readonly preparesAnyName?: true;
  /** Set when a write through the status subresource changes no labels, annotations or finalizers (upstream: ResetObjectMetaForStatus). */
  readonly statusKeepsMetadata?: true;
  /** What of the metadata such a write leaves as it is, where that is not all of it. */
  readonly statusKeeps?: readonly (keyof ObjectMeta)[];
  /** Set when a client may set `status` on create though status is a subresource (upstream: nodes). */
  readonly statusOnCreate?: true;
  /** Set when PUT must say which version of the object it replaces. */
  readonly refusesUnconditionalUpdate?: true;
  /** Whether names are other than DNS subdomains. */
  readonly nameRule?: "dnsSubdomain" | "dnsLabel" | "dns1035Label" | "pathSegment" | "ipAddress";
  /** Set when metadata.generation stays out of this kind (upstream keeps it for kinds with observedGeneration). */
  readonly withoutGeneration?: true;
  /** Set when metadata.generation is counted also without a status subresource, and then by changes of status too. */
  readonly countsGeneration?: true;
  /** Set when annotations are part of what metadata.generation counts: controllers hand them on. */
  readonly countsAnnotations?: true;
  /** Columns of `kubectl get`; priority 1 shows with -o wide only. Without them: Name and Age. */
  readonly columns?: readonly Column<T>[];
  /** The only fields that columns and row conditions look at; of others they are told nothing. All where absent. */
  readonly columnFields?: Fields;
  /** What a row of the table says of the object beside its cells. */
  rowConditions?(object: T): readonly RowCondition[];
  /** In which order a table has the rows of a list; by namespace and name where absent. */
  rowOrder?(a: T, b: T): number;
  /** Fields that a field selector may name, beyond metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
  /** Grace period in seconds that a delete without one gets (pods: their own). Absent: objects go at once. */
  gracePeriodSeconds?(object: T): number;
  /** What becomes of dependents when a delete names no policy; background where absent. Unsupported: nothing has such an owner. */
  readonly defaultPropagation?: "orphan" | "background" | "unsupported";
  /** For the client whose delete names no policy, where dependents stay by default. */
  readonly orphaningWarning?: string;
}

/** What `validate`, `validateCreate` and `warnings` look at besides what stands beside the metadata. */
export interface Likeness {
  /** All of the metadata that matters to them, as text. */
  readonly metadata: string;
  /** A generated name in the object, which is another one in each and means nothing. */
  readonly ownName?: string | undefined;
}

export interface Column<T extends ApiObject = ApiObject> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "date" | "boolean";
  /** `name` tells clients that the column names the object. */
  readonly format?: string;
  readonly description: string;
  /** Beyond 0: shown with `-o wide` only. */
  readonly priority?: number;
  /** The cell, as it is printed: also an age. */
  cell(object: T, context: CellContext): string | number | boolean | null;
}

/** meta.k8s.io/v1 TableRowCondition. */
export interface RowCondition {
  readonly type: "Completed";
  readonly status: "True";
  readonly reason: string;
  readonly message: string;
}

export interface CellContext {
  /** Milliseconds since the epoch, for ages inside text. */
  readonly nowMs: number;
}

/** Keeps a definition's own type while the table of kinds holds them all. */
export function defineKind<T extends ApiObject>(definition: KindDefinition<T>): KindDefinition {
  return definition as unknown as KindDefinition;
}
