import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { StoreUnavailableError } from "../store.ts";
import type { EndpointTarget } from "./endpoint.ts";
import { EtcdError } from "./errors.ts";
import { loadProtocol, Member, type UnaryMethod } from "./member.ts";
import type { WithHeader } from "./messages.ts";
import { isSupported } from "./version.ts";

/** One attempt of a read, or of asking who is there. */
const READ_TIMEOUT_MS = 3000;
/** An attempt of a write; a slow disk is no reason to doubt a member. */
const WRITE_TIMEOUT_MS = 5000;
/** A call is tried again for so long: an election takes up to about four seconds. */
export const PATIENCE_MS = 12_000;
const RETRY_MS = 50;
/** After a connection was lost, files of certificates are looked at this often. */
const RENEW_MS = 1000;
/** In a hurry etcd counts as away when it has not answered for so long. */
const HURRY_MS = 2000;

export interface ConnectionOptions {
  readonly endpoints: readonly EndpointTarget[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * The members of one etcd cluster behind one face. All calls go to the same member while it is well, which is any of them at
 * first, and to the next one when it is not. A member is asked who it is before anything else is asked of it.
 */
export class Connection {
  readonly members: readonly Member[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #current: number;
  #clusterId: number | undefined;
  #revision = 0;
  #hurriedAt: number | undefined;
  #answeredAt = 0;
  /** Who answered last; why that one, or one after it, was left. */
  #lastUsed: Member | undefined;
  readonly #lookedAt = new Map<Member, number>();
  /** What was wrong with members since one answered. */
  readonly #troubles = new Map<Member, string>();
  #leftBecause = "";

  static async open(options: ConnectionOptions): Promise<Connection> {
    const protocol = await loadProtocol();
    return new Connection(
      options.endpoints.map((endpoint) => new Member(endpoint, protocol)),
      options,
    );
  }

  private constructor(members: readonly Member[], { clock, random, log }: ConnectionOptions) {
    this.members = members;
    this.#clock = clock;
    this.#log = log;
    this.#current = Math.floor(random.fraction() * members.length);
  }

  /** The highest revision that any answer has named: it is durable. */
  get revision(): number {
    return this.#revision;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  noteRevision(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
  }

  /** From now on nobody waits long for an etcd that does not answer: this process is about to end. */
  hurry(): void {
    this.#hurriedAt ??= this.#clock.monotonic();
  }

  /** One attempt, of a write. @throws EtcdError */
  async attempt<T extends WithHeader>(name: UnaryMethod, request: unknown, timeoutMs = WRITE_TIMEOUT_MS): Promise<T> {
    const member = this.members[this.#current]!;
    const leftMs = this.#patienceEndsAt() - this.#clock.monotonic();
    if (leftMs <= 0)
      throw new EtcdError("notDone", `etcd at ${member.url} does not answer, and this server is stopping`);
    try {
      if (member.identity === undefined) await this.#identify(member);
      const response = await member.call<T>(name, request, Math.min(timeoutMs, leftMs));
      this.#answeredAt = this.#clock.monotonic();
      this.#troubles.clear();
      this.noteRevision(response.header.revision);
      return response;
    } catch (error) {
      this.#fell(member, error);
      throw error;
    }
  }

  /**
   * A call that may be made several times, on one member after the other until one answers.
   * @throws EtcdError when etcd says no, StoreUnavailableError when nobody answers in time
   */
  async read<T extends WithHeader>(name: UnaryMethod, request: unknown, patienceMs = PATIENCE_MS): Promise<T> {
    const giveUpAt = this.#clock.monotonic() + patienceMs;
    for (;;) {
      try {
        return await this.attempt<T>(name, request, READ_TIMEOUT_MS);
      } catch (error) {
        if (!(error instanceof EtcdError) || !isTransient(error)) throw error;
        if (!(await this.pauseBefore(giveUpAt))) throw new StoreUnavailableError(this.whyNobody(error));
      }
    }
  }

  /** For who gives up after `error`: that, and what was wrong with the other members that were tried. */
  whyNobody({ message }: EtcdError): string {
    return [...new Set([message, ...this.#troubles.values()])].join(". ");
  }

  /** Waits a little before the next attempt; false when there is to be none. */
  async pauseBefore(giveUpAt: number): Promise<boolean> {
    if (this.isClosed || this.#clock.monotonic() >= Math.min(giveUpAt, this.#patienceEndsAt())) return false;
    await sleep(this.#clock, RETRY_MS, this.#closing.signal);
    return !this.isClosed;
  }

  /** The member that is used now, and who it is. @throws EtcdError */
  async member(): Promise<{ member: Member; version: string }> {
    const member = this.members[this.#current]!;
    try {
      const { version } = member.identity ?? (await this.#identify(member));
      return { member, version };
    } catch (error) {
      this.#fell(member, error);
      throw error;
    }
  }

  /** The member did not do well: the next one is used from now on. */
  leave(member: Member, why: string): void {
    member.identity = undefined;
    if (this.members[this.#current] !== member || this.members.length === 1) return;
    this.#current = (this.#current + 1) % this.members.length;
    this.#leftBecause = why;
  }

  #fell(member: Member, error: unknown): void {
    if (!(error instanceof EtcdError && error.isOfEndpoint)) return;
    this.#troubles.set(member, error.message);
    this.leave(member, error.message);
  }

  /** The member does not answer at all: what waits for it is given up as well. */
  leaveStuck(member: Member, why: string): void {
    member.abandon();
    this.leave(member, why);
  }

  /**
   * Checks all members that answer, so that a wrong address is told at the start.
   * @throws EtcdError; when none answers, it says of each why
   */
  async checkMembers(): Promise<void> {
    const results = await Promise.allSettled(this.members.map((member) => this.#identify(member)));
    const failed = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as EtcdError);
    const wrong = failed.find((error) => !isTransient(error));
    if (wrong !== undefined) throw wrong;
    const best = results.findIndex((result) => result.status === "fulfilled");
    if (best < 0) throw new EtcdError("notDone", failed.map(({ message }) => message).join(". "));
    if (results[this.#current]!.status === "rejected") this.#current = best;
  }

  close(): void {
    this.#closing.abort();
    for (const member of this.members) member.close();
  }

  #patienceEndsAt(): number {
    if (this.#hurriedAt === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(this.#hurriedAt, this.#answeredAt) + HURRY_MS;
  }

  async #identify(member: Member): Promise<{ version: string }> {
    this.#renew(member);
    const { clusterId, version } = await member.identify(READ_TIMEOUT_MS);
    this.#clusterId ??= clusterId;
    if (clusterId !== this.#clusterId) {
      member.identity = undefined;
      throw new EtcdError("refused", `etcd at ${member.url} belongs to another cluster than the servers named with it`);
    }
    if (!isSupported(version)) {
      member.identity = undefined;
      throw new EtcdError("refused", `etcd at ${member.url} is version ${version}: 3.4 or newer is needed`);
    }
    if (this.members[this.#current] === member) this.#use(member);
    return { version };
  }

  /** Who has to be asked anew may have been left because of a certificate that was renewed on the disk meanwhile. */
  #renew(member: Member): void {
    const now = this.#clock.monotonic();
    const lookedAt = this.#lookedAt.get(member);
    if (lookedAt !== undefined && now - lookedAt < RENEW_MS) return;
    this.#lookedAt.set(member, now);
    // At its first use the member has just read its files.
    if (lookedAt !== undefined) member.renew();
  }

  #use(member: Member): void {
    if (this.#lastUsed !== undefined && this.#lastUsed !== member) {
      this.#log.warn("another member of etcd is used", { now: member.url, why: this.#leftBecause });
    }
    this.#lastUsed = member;
  }
}

/** Another attempt, or another member, may do better. */
export function isTransient({ failure }: EtcdError): boolean {
  return failure === "notDone" || failure === "unknown";
}
