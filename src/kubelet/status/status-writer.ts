import type { Pod, PodCondition, PodStatus } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { type Clock, sleep, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Client } from "../../client/client.ts";
import type { RequestLimit } from "../../client/limited-transport.ts";
import type { PodIdentity } from "../labels.ts";
import { identityOf } from "../pods/pod.ts";
import { isStatusShown, sharedWith, statusPatch } from "./patch.ts";

const RETRY_MS = [100, 500, 2000, 10_000];
/** That a sandbox is ready waits so long for what its containers do, and then both are one request. */
const SANDBOX_NEWS_MS = 1000;
/**
 * That a pod is on its way to run waits so long: one whose image is present runs by then, and writing it would take the
 * processor that it needs. Longer starts are told of while they last.
 */
const ON_ITS_WAY_MS = 150;

export interface StatusWriter {
  /** The pod's status is to be this one. Sent at once when it differs from what the API has; the latest one wins. */
  set(pod: Pod, status: PodStatus): void;
  /** The status that was set last. */
  get(uid: string): PodStatus | undefined;
  /** The API shows another status than the one that was set: somebody overwrote it, or an answer was lost. */
  reconcile(pod: Pod): void;
  /** Resolves when what is set now has reached the API, or the pod is gone there. */
  flushed(uid: string): Promise<void>;
  forget(uid: string): void;
  stop(): Promise<void>;
}

interface Entry {
  /** Not the pod itself: it is out of date as soon as its status is written. */
  readonly identity: PodIdentity;
  wanted: PodStatus;
  /** What the API has, as far as known. */
  sent: PodStatus;
  /** Of the last answer, to tell older news from newer. */
  resourceVersion: string | undefined;
  version: number;
  sentVersion: number;
  sending: Promise<void> | undefined;
  /** Set while news waits for more. */
  waiting: Timer | undefined;
  gone: boolean;
}

const SANDBOX_FIELDS: ReadonlySet<string> = new Set(["podIP", "podIPs", "conditions"]);

function isSandboxNews(sent: PodStatus, wanted: PodStatus): boolean {
  if (sent.phase !== wanted.phase) return false;
  const patch = statusPatch(sent, wanted);
  if (patch === undefined || !Object.keys(patch).every((name) => SANDBOX_FIELDS.has(name))) return false;
  const conditions = (patch.conditions ?? []) as PodCondition[];
  return conditions.every(({ type }) => type === "PodReadyToStartContainers");
}

/** Whether all that there is to say is that containers will come. */
function isOnItsWay(status: PodStatus): boolean {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return status.phase === "Pending" && all.every(({ state }) => ON_ITS_WAY.has(state?.waiting?.reason ?? ""));
}

const ON_ITS_WAY: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by the kubelets of one process; what waits for its turn is brought up to date meanwhile. */
  readonly turns?: RequestLimit | undefined;
}

/** Writes pods' statuses through the status subresource: one request at a time a pod, retried until it succeeds. */
export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  const { client, clock, log, turns } = options;
  const entries = new Map<string, Entry>();
  const stopping = new AbortController();

  async function send(entry: Entry): Promise<void> {
    for (let attempt = 0; entry.sentVersion !== entry.version && !entry.gone && !stopping.signal.aborted; ) {
      const { uid, namespace, name } = entry.identity;
      let failedTimes: number | undefined;
      await turns?.enter();
      // What came while it waited for its turn is part of it.
      const { version, wanted } = entry;
      const patch = statusPatch(entry.sent, wanted);
      let sent = wanted;
      try {
        if (patch !== undefined) {
          const body = { metadata: { uid }, status: patch };
          const answer = await client.patch(
            pods,
            { namespace, name },
            { type: "strategic", body, subresource: "status" },
          );
          entry.resourceVersion = answer.metadata?.resourceVersion;
          sent = sharedWith(wanted, answer.status);
        }
        entry.sent = sent;
        if (entry.version === version) entry.wanted = sent;
        entry.sentVersion = version;
        attempt = 0;
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) {
          // Deleted, or replaced by another pod of that name: nobody wants this status any more.
          entry.gone = true;
          return;
        }
        log.warn("cannot write a pod's status", { pod: `${namespace}/${name}`, error });
        failedTimes = attempt++;
      } finally {
        turns?.leave();
      }
      if (failedTimes !== undefined)
        await sleep(clock, RETRY_MS[Math.min(failedTimes, RETRY_MS.length - 1)]!, stopping.signal);
    }
  }

  /** Sends now, or soon when what is new alone is not worth a request (upstream tells of sandbox and containers at once). */
  function kickInTime(entry: Entry): void {
    const isFirst = entry.sentVersion === 0;
    if (!isFirst && isSandboxNews(entry.sent, entry.wanted)) kickLater(entry, SANDBOX_NEWS_MS);
    else if (isOnItsWay(entry.wanted)) kickLater(entry, ON_ITS_WAY_MS);
    else kick(entry);
  }

  function kickLater(entry: Entry, delayMs: number): void {
    entry.waiting ??= clock.setTimer(() => kick(entry), delayMs);
  }

  function kick(entry: Entry): void {
    entry.waiting?.cancel();
    entry.waiting = undefined;
    entry.sending ??= send(entry).finally(() => {
      entry.sending = undefined;
      if (entry.sentVersion !== entry.version && !entry.gone && !stopping.signal.aborted) kick(entry);
    });
  }

  return {
    set(pod, status) {
      const identity = identityOf(pod);
      const entry = entries.get(identity.uid);
      if (entry === undefined) {
        const fresh: Entry = {
          identity,
          wanted: status,
          sent: pod.status ?? {},
          resourceVersion: undefined,
          version: 1,
          sentVersion: 0,
          sending: undefined,
          waiting: undefined,
          gone: false,
        };
        entries.set(identity.uid, fresh);
        kickInTime(fresh);
        return;
      }
      if (isStatusShown(entry.wanted, status)) return;
      entry.wanted = status;
      entry.version++;
      kickInTime(entry);
    },
    get: (uid) => entries.get(uid)?.wanted,
    reconcile(pod) {
      const entry = entries.get(identityOf(pod).uid);
      if (entry === undefined || entry.sending !== undefined || entry.gone) return;
      // What this kubelet wrote last.
      if (pod.metadata?.resourceVersion === entry.resourceVersion) return;
      const seen = Number(pod.metadata?.resourceVersion);
      if (entry.resourceVersion !== undefined && !(seen >= Number(entry.resourceVersion))) return;
      if (isStatusShown(pod.status ?? {}, entry.wanted)) return;
      entry.sent = pod.status ?? {};
      if (entry.waiting !== undefined) return;
      entry.version++;
      kick(entry);
    },
    async flushed(uid) {
      const waiting = entries.get(uid);
      if (waiting?.waiting !== undefined) kick(waiting);
      for (let entry = entries.get(uid); entry?.sending !== undefined; entry = entries.get(uid)) await entry.sending;
    },
    forget(uid) {
      entries.get(uid)?.waiting?.cancel();
      entries.delete(uid);
    },
    async stop() {
      for (const entry of entries.values()) if (entry.waiting !== undefined) kick(entry);
      await Promise.all([...entries.values()].map(({ sending }) => sending));
      stopping.abort();
    },
  };
}
