import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import type { GroupVersionKind } from "../../api/schema.ts";
import type { Clock } from "../../base/clock.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Random } from "../../base/random.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import type { ObjectReader } from "../reader.ts";
import type { ResourceVersions } from "./matching/resource-versions.ts";

/** A write on its way to the store. Plugins see it after authorization, decoding and defaulting, before validation. */
export interface AdmissionAttributes {
  readonly user: UserInfo;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly resource: ResourceReference;
  /** Empty when there is none. */
  readonly subresource: string;
  /** Of `object` and `oldObject`: the resource's own, or what its subresource takes (Scale, Eviction, PodExecOptions …). */
  readonly kind: GroupVersionKind;
  readonly namespace: string;
  /** Empty while generateName has not made one. */
  readonly name: string;
  /** The new object. Mutating plugins change this draft in place; validating ones must not. Absent for DELETE. */
  readonly object?: ApiObject | undefined;
  /** What is stored. Absent for CREATE. */
  readonly oldObject?: ApiObject | undefined;
  /** CreateOptions, UpdateOptions (of patches too) or DeleteOptions of the request; absent for CONNECT. */
  readonly options?: ApiObject | undefined;
  readonly dryRun: boolean;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** When the request's time is over, by the monotonic clock; absent when its client does not say. */
  readonly untilMs?: number | undefined;
  readonly reinvocation: Reinvocation;
  /** Text for the client's `Warning` header. */
  warn(message: string): void;
  /** Goes into the request's audit event. */
  annotate(key: string, value: string): void;
  /** Calls back when the write is in the store, or has failed. */
  onEnd(callback: () => void): void;
}

/** The same write of another object. */
export function ofObject<T extends Pick<AdmissionAttributes, "object" | "oldObject">>(
  attributes: AdmissionAttributes,
  other: T,
): AdmissionAttributes & T {
  return {
    ...attributes,
    ...other,
    signal: attributes.signal,
    warn: (message) => attributes.warn(message),
    annotate: (key, value) => attributes.annotate(key, value),
    onEnd: (callback) => attributes.onEnd(callback),
  };
}

/** What the mutating plugins of one write tell each other: all of them run once more when a webhook or a policy changed the object. */
export interface Reinvocation {
  /** True in that second pass. */
  isSecondPass: boolean;
  /** Asks for it. */
  isRequested: boolean;
  /** What a plugin remembers from the first pass, by its name. */
  readonly memory: Map<string, unknown>;
}

/**
 * One admission plugin, named as upstream names it. `admit` may change the draft, `validate` only judges; both refuse by
 * throwing a StatusError. Plugins run in the order of admission/plugins.ts: all admits, then validation, then all validates.
 */
export interface AdmissionPlugin {
  readonly name: string;
  /** Operations and resources it looks at: everything else is not even offered. */
  handles(attributes: AdmissionAttributes): boolean;
  admit?(attributes: AdmissionAttributes): Promise<void> | void;
  validate?(attributes: AdmissionAttributes): Promise<void> | void;
}

/** Replaces an object past admission and validation if it still is as it was read; undefined when another write came first. */
export type SwapObject = <T extends ApiObject>(resource: ResourceReference<T>, object: T) => Promise<T | undefined>;

/** Creates an object through the door, as the API server itself; one that is there already is as good. */
export type EnsureObject = <T extends ApiObject>(resource: ResourceReference<T>, object: T) => Promise<void>;

/** What plugins are made from. */
export interface AdmissionDependencies {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  /** Asked whether a user may approve or sign for a signer. Called only when a write comes, never while plugins are made. */
  authorizer(): Authorizer;
  /** Calls admission and image policy webhooks. */
  readonly webhooks: WebhookClient;
  /** Objects in other versions than the request's. */
  readonly versions: ResourceVersions;
  /** Keeps what a plugin counts in objects. */
  readonly swap: SwapObject;
  /** Makes an object that another one needs. */
  readonly ensure: EnsureObject;
  /** Where plugins count what they do. */
  readonly metrics?: Metrics | undefined;
  /** Told of each call of an admission webhook. */
  readonly webhookObserver?: ((call: WebhookObservation) => void) | undefined;
}

/** A call of an admission webhook that has ended. */
export interface WebhookObservation {
  readonly name: string;
  readonly type: "admit" | "validating";
  readonly operation: string;
  readonly seconds: number;
  /** 200, or what the request was refused with. */
  readonly code: number;
  /** Why the request cannot go on: the webhook could not be asked, or refused. */
  readonly rejection?: "calling" | "webhook";
  /** It could not be asked, and that does not matter. */
  readonly isFailOpen: boolean;
}

export function newReinvocation(): Reinvocation {
  return { isSecondPass: false, isRequested: false, memory: new Map() };
}

/** Makes the draft, which others hold on to, into another object. */
export function replaceDraft(draft: ApiObject, next: ApiObject): void {
  if (draft === next) return;
  for (const key of Object.keys(draft)) delete draft[key as keyof ApiObject];
  Object.assign(draft, next);
}
