import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Connection } from "./connection.ts";
import { EtcdError } from "./errors.ts";
import type { LeaseGrantResponse } from "./messages.ts";

/** A lease is shared by the keys of a twentieth of their time to live, at least a second, at most a minute (as upstream). */
const SHARED_PART = 0.05;
const SHARED_SECONDS_MAX = 60;
/** So many keys share a lease at most: they all go in one revision. */
const KEYS_MAX = 1000;
/** Times to live whose lease is remembered. */
const KINDS_MAX = 64;

interface SharedLease {
  readonly id: number;
  readonly expiresAtMs: number;
  keys: number;
}

/** Leases of etcd for keys with a time to live: one for many keys, since each costs etcd as much as a write. */
export class Leases {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #shared = new Map<number, Promise<SharedLease>>();

  constructor(connection: Connection, by: { clock: Clock; random: Random }) {
    this.#connection = connection;
    this.#clock = by.clock;
    this.#random = by.random;
  }

  /** A lease that lets a key live for so many seconds, or a little longer, never shorter. @throws EtcdError */
  async leaseFor(seconds: number): Promise<number> {
    const wanted = Math.max(1, Math.ceil(seconds));
    for (;;) {
      const shared = this.#shared.get(wanted);
      if (shared === undefined) break;
      const lease = await shared.catch(() => undefined);
      if (
        lease !== undefined &&
        this.#clock.monotonic() + wanted * 1000 <= lease.expiresAtMs &&
        lease.keys < KEYS_MAX
      ) {
        lease.keys++;
        return lease.id;
      }
      if (this.#shared.get(wanted) === shared) this.#shared.delete(wanted);
    }
    const granted = this.#grant(wanted);
    if (this.#shared.size >= KINDS_MAX) this.#shared.delete(this.#shared.keys().next().value!);
    this.#shared.set(wanted, granted);
    granted.catch(() => this.#forget(wanted, granted));
    return (await granted).id;
  }

  /** The lease has gone before its time (etcd was restored, somebody revoked it). */
  forget(id: number): void {
    for (const [seconds, granted] of this.#shared) {
      granted.then((lease) => lease.id === id && this.#forget(seconds, granted)).catch(() => {});
    }
  }

  #forget(seconds: number, granted: Promise<SharedLease>): void {
    if (this.#shared.get(seconds) === granted) this.#shared.delete(seconds);
  }

  async #grant(seconds: number): Promise<SharedLease> {
    const shared = Math.min(SHARED_SECONDS_MAX, Math.max(1, Math.floor(seconds * SHARED_PART)));
    const askedAtMs = this.#clock.monotonic();
    // Chosen here, because those that etcd chooses have more bits than a number.
    const ID = 1 + Math.floor(this.#random.fraction() * 2 ** 52);
    const request = { TTL: seconds + shared, ID };
    const response = await this.#connection.attempt<LeaseGrantResponse>("Lease/LeaseGrant", request);
    if (response.ID !== ID) throw new EtcdError("refused", "etcd gave another lease than the one asked for");
    return { id: ID, expiresAtMs: askedAtMs + response.TTL * 1000, keys: 1 };
  }
}
