import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import type { ObjectReader } from "../reader.ts";

/** A write on its way to the store. Plugins see it after authorization, decoding and defaulting, before validation. */
export interface AdmissionAttributes {
  readonly user: UserInfo;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly resource: ResourceReference;
  /** Empty when there is none. */
  readonly subresource: string;
  readonly namespace: string;
  /** Empty while generateName has not made one. */
  readonly name: string;
  /** The new object. Mutating plugins change this draft in place; validating ones must not. Absent for DELETE. */
  readonly object?: ApiObject;
  /** What is stored. Absent for CREATE. */
  readonly oldObject?: ApiObject;
  readonly dryRun: boolean;
  /** Text for the client's `Warning` header. */
  warn(message: string): void;
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

/** What plugins are made from. */
export interface AdmissionDependencies {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  /** Asked whether a user may approve or sign for a signer. Called only when a write comes, never while plugins are made. */
  authorizer(): Authorizer;
  /** Calls admission and image policy webhooks. */
  readonly webhooks: WebhookClient;
}
