import type { Pod, PodStatus } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { type Clock, sleep, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Client } from "../../client/client.ts";
import type { RequestLimit } from "../../client/limited-transport.ts";
import { identityOf } from "../pods/pod.ts";
import { KUBELET_CONDITIONS } from "./conditions.ts";
import { newsDelayMs } from "./news-delay.ts";
import { isStatusShown, statusPatch } from "./patch.ts";

const RETRY_MS = [100, 500, 2000, 10_000];
export interface StatusWriter {
  /**
   * The pod's status is to be this one. Sent at once when it differs from what the API has; the latest one wins.
   * @param pod as the API had it last
   */
  set(pod: Pod, status: PodStatus): void;
  /** The status that was set last; undefined when that is what the API shows, or none was set. */
  get(uid: string): PodStatus | undefined;
  /**
   * The API shows the pod otherwise than before: with the status that was set, or with another one, because somebody overwrote it or
   * an answer was lost. For pods whose status was set.
   */
  reconcile(pod: Pod, before: Pod): void;
  /** Resolves when what is set now has reached the API, or the pod is gone there. */
  flushed(uid: string): Promise<void>;
  forget(uid: string): void;
  stop(): Promise<void>;
}

/** Kept until the API shows what is wanted: very many pods only run, and what their status is then stands in the pod itself. */
interface Entry {
  /** As the API had it last. */
  pod: Pod;
  wanted: PodStatus;
  /** What the API has, as far as known. */
  sent: PodStatus;
  /** Of the last answer, to tell older news from newer. */
  resourceVersion: string | undefined;
  version: number;
  sentVersion: number;
  sending: Promise<void> | undefined;
  /** Set while news waits for more, and until when on the monotonic clock. */
  waiting: Timer | undefined;
  waitsUntilMs: number;
  gone: boolean;
}

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by the kubelets of one process; what waits for its turn is brought up to date meanwhile. */
  readonly turns?: RequestLimit | undefined;
}

/** Writes pods' statuses through the status subresource: one request at a time a pod, retried until it succeeds. */
export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  return new PodStatusWriter(options);
}

/** A class, because thousands of kubelets of one process have one each. */
class PodStatusWriter implements StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #entries = new Map<string, Entry>();
  #isStopped = false;
  /** There while somebody waits to try again. */
  #retrying: AbortController | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  set(pod: Pod, status: PodStatus): void {
    const { uid } = identityOf(pod);
    const entry = this.#entries.get(uid);
    if (entry !== undefined) {
      entry.pod = pod;
      if (!isStatusShown(entry.wanted, status)) this.#want(entry, status);
    } else if (!isStatusShown(pod.status ?? {}, status)) this.#begin(pod, status);
  }

  get(uid: string): PodStatus | undefined {
    return this.#entries.get(uid)?.wanted;
  }

  reconcile(pod: Pod, before: Pod): void {
    const entry = this.#entries.get(identityOf(pod).uid);
    if (entry === undefined) {
      const wanted = ownPart(before.status ?? {});
      if (!isStatusShown(pod.status ?? {}, wanted)) this.#begin(pod, wanted);
      return;
    }
    entry.pod = pod;
    if (entry.sending !== undefined || entry.gone || isOlder(pod, entry)) return;
    if (this.#settle(entry)) return;
    // What this kubelet wrote last.
    if (pod.metadata?.resourceVersion === entry.resourceVersion) return;
    entry.sent = pod.status ?? {};
    if (entry.waiting !== undefined) return;
    entry.version++;
    this.#kick(entry);
  }

  async flushed(uid: string): Promise<void> {
    const waiting = this.#entries.get(uid);
    if (waiting?.waiting !== undefined) this.#kick(waiting);
    for (let entry = waiting; entry?.sending !== undefined; entry = this.#entries.get(uid)) await entry.sending;
  }

  forget(uid: string): void {
    this.#entries.get(uid)?.waiting?.cancel();
    this.#entries.delete(uid);
  }

  async stop(): Promise<void> {
    const entries = [...this.#entries.values()];
    for (const entry of entries) if (entry.waiting !== undefined) this.#kick(entry);
    await Promise.all(entries.map(({ sending }) => sending));
    this.#isStopped = true;
    this.#retrying?.abort();
  }

  #begin(pod: Pod, wanted: PodStatus): void {
    const entry: Entry = {
      pod,
      wanted,
      sent: pod.status ?? {},
      resourceVersion: undefined,
      version: 1,
      sentVersion: 0,
      sending: undefined,
      waiting: undefined,
      waitsUntilMs: 0,
      gone: false,
    };
    this.#entries.set(identityOf(pod).uid, entry);
    this.#kickInTime(entry);
  }

  #want(entry: Entry, status: PodStatus): void {
    entry.wanted = status;
    entry.version++;
    this.#kickInTime(entry);
  }

  /** Forgets what the API shows. Answers whether it shows what is wanted. */
  #settle(entry: Entry): boolean {
    const { pod, wanted, version, sentVersion, waiting, gone } = entry;
    if (isOlder(pod, entry) || !isStatusShown(pod.status ?? {}, wanted)) return false;
    const isOver = version === sentVersion && waiting === undefined && !gone && hasOwnConditionsOnly(wanted);
    const { uid } = identityOf(pod);
    if (isOver && this.#entries.get(uid) === entry) this.#entries.delete(uid);
    return true;
  }

  /** Sends now, or soon when what is new alone is not worth a request (upstream tells of sandbox and containers at once). */
  #kickInTime(entry: Entry): void {
    const isFirst = entry.sentVersion === 0 && entry.sent.startTime === undefined;
    const delayMs = newsDelayMs({ ...entry, isFirst });
    if (delayMs === 0) this.#kick(entry);
    else this.#kickLater(entry, delayMs);
  }

  /** What has waited for a while keeps its time, unless what came since is to be told sooner. */
  #kickLater(entry: Entry, delayMs: number): void {
    const { clock } = this.#options;
    const untilMs = clock.monotonic() + delayMs;
    if (entry.waiting !== undefined && entry.waitsUntilMs <= untilMs) return;
    entry.waiting?.cancel();
    entry.waitsUntilMs = untilMs;
    entry.waiting = clock.setTimer(() => this.#kick(entry), delayMs);
  }

  #kick(entry: Entry): void {
    entry.waiting?.cancel();
    entry.waiting = undefined;
    entry.sending ??= this.#send(entry).finally(() => {
      entry.sending = undefined;
      if (entry.sentVersion === entry.version) this.#settle(entry);
      else if (!entry.gone && !this.#isStopped && entry.waiting === undefined) this.#kick(entry);
    });
  }

  async #send(entry: Entry): Promise<void> {
    const { clock, turns } = this.#options;
    const hasNews = () => entry.sentVersion !== entry.version && entry.waiting === undefined;
    for (let attempt = 0; hasNews() && !entry.gone && !this.#isStopped; ) {
      await turns?.enter();
      const isDone = await this.#sendOnce(entry).finally(() => turns?.leave());
      if (isDone) {
        attempt = 0;
        continue;
      }
      this.#retrying ??= new AbortController();
      const delayMs = RETRY_MS[Math.min(attempt++, RETRY_MS.length - 1)]!;
      await sleep(clock, delayMs, this.#retrying.signal);
    }
  }

  /** Answers whether there was an answer, whatever it said. */
  async #sendOnce(entry: Entry): Promise<boolean> {
    const { client, log } = this.#options;
    const { uid, namespace, name } = identityOf(entry.pod);
    // What came while it waited for its turn is part of it.
    const { version, wanted } = entry;
    const patch = statusPatch(entry.sent, wanted);
    try {
      if (patch !== undefined) {
        const body = { metadata: { uid }, status: patch };
        const answer = await client.patch(
          pods,
          { namespace, name },
          { type: "strategic", body, subresource: "status" },
        );
        entry.resourceVersion = answer.metadata?.resourceVersion;
      }
      entry.sent = wanted;
      entry.sentVersion = version;
      return true;
    } catch (error) {
      // Deleted, or replaced by another pod of that name: nobody wants this status any more.
      entry.gone = isNotFound(error) || isConflict(error);
      if (!entry.gone) log.warn("cannot write a pod's status", { pod: `${namespace}/${name}`, error });
      return entry.gone;
    }
  }
}

/** Whether that is how the pod was before the last answer. */
function isOlder(pod: Pod, { resourceVersion }: Entry): boolean {
  return resourceVersion !== undefined && !(Number(pod.metadata?.resourceVersion) >= Number(resourceVersion));
}

function hasOwnConditionsOnly({ conditions = [] }: PodStatus): boolean {
  return conditions.every(({ type }) => KUBELET_CONDITIONS.has(type));
}

/** A status that the API has shown, without the conditions that are others'. */
function ownPart(status: PodStatus): PodStatus {
  if (hasOwnConditionsOnly(status)) return status;
  return { ...status, conditions: status.conditions?.filter(({ type }) => KUBELET_CONDITIONS.has(type)) };
}
