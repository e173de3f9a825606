import type { ApiObject } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { UserInfo } from "../authn/authenticator.ts";

/** What the registry knows of the write under way. */
export interface WriteContext {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** What authorization was asked about; absent for writes of the API server itself. */
  readonly verb?: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Name of the client for managedFields. */
  readonly fieldManager: string;
  /** Text for the client's `Warning` header. */
  warn(message: string): void;
  /** Fields of the options that admission plugins are told: CreateOptions or UpdateOptions, by what becomes of the write. */
  readonly options?: object | undefined;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** When its time is over, by the monotonic clock. */
  readonly untilMs?: number | undefined;
  /** How many bytes the request's body has, once it has been read. */
  readonly bodyBytes?: (() => number) | undefined;
  /** Adds to the request's audit event, when it has one. */
  readonly annotate?: ((key: string, value: string) => void) | undefined;
}

/**
 * The seam for what a kind adds to the generic registry and cannot say as data (api/kind.ts), because it needs other
 * objects or keeps state: allocations, graceful deletion, what else must change in the same write.
 */
export interface Strategy<T extends ApiObject = ApiObject> {
  /** Completes a new object before validation. What it reserves is given back by the returned function if the write fails. */
  beforeCreate?(draft: T, context: WriteContext): Promise<Undo | undefined>;
  beforeUpdate?(draft: T, old: T, context: WriteContext): Promise<Undo | undefined>;
  /** The change is in the store. Must not fail. */
  afterUpdate?(object: T, old: T): Promise<void>;
  /** The object is gone from the store. Must not fail. */
  afterDelete?(object: T): void | Promise<void>;
  /** Refuses a delete by name; as upstream, nothing refuses what goes with its collection. */
  beforeDelete?(object: T, context: WriteContext): void;
  /** Grace period in seconds of a delete; `asked` is what the client said. 0 removes at once. */
  gracePeriodSeconds?(object: T, asked: number | undefined): number;
  /** A further reason, besides metadata.finalizers, why a deleted object stays. */
  holdsDeletion?(object: T): boolean;
  /** Marks the object when it stays for a while after a delete. */
  markDeleted?(draft: T): void;
  /** Objects go away after so many seconds. */
  readonly timeToLiveSeconds?: number;
  /** PUT must say which version of the object it replaces. */
  readonly refusesUnconditionalUpdate?: boolean;
  /** PUT on a name that is not there creates it. */
  readonly createOnUpdate?: boolean;
}

export type Undo = () => void | Promise<void>;

/** Keeps a strategy's own type while one table holds them all. */
export function defineStrategy<T extends ApiObject>(strategy: Strategy<T>): Strategy {
  return strategy as unknown as Strategy;
}
