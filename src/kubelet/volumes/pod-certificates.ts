import type { PodCertificateRequest } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import type { Pod, PodCertificateProjection } from "../../api/generated/core/v1.ts";
import { podCertificateRequests } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { createBackoff } from "../../client/backoff.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import { identityOf } from "../pods/pod.ts";
import { generateCertificateKey } from "./certificate-key.ts";
import { type Credential, certificateRequestOf, type Outcome, outcomeOf } from "./certificate-request.ts";

/** Requests are renewed up to five minutes late, so that those of many pods do not come together. */
const JITTER_MS = 5 * 60_000;
const OVERDUE_MS = 10 * 60_000;
const LOOK_MS = 60_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 60_000;

/** Names one podCertificate source of a pod. */
export interface CertificatePlace {
  readonly volume: string;
  readonly index: number;
  readonly projection: PodCertificateProjection;
}

/** Certificates of pods, from whichever signer they name, and renewed when the signer said so. */
export interface PodCertificates {
  /** The key and its certificates. Asks for them at first. @throws Error in upstream's words while there are none */
  credential(pod: Pod, place: CertificatePlace): Credential;
  forget(podUid: string): void;
  stop(): Promise<void>;
}

export interface PodCertificatesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly nodeName: string;
  /** Undefined before the node is registered. */
  nodeUid(): string | undefined;
  /** A pod has its first certificate, or the news that it will have none. */
  onOutcome(podUid: string): void;
}

interface Kept {
  readonly pod: Pod;
  readonly projection: PodCertificateProjection;
  readonly stopping: AbortController;
  credential: Credential | undefined;
  /** Why there will be none. */
  refusal: string | undefined;
  readonly told: Set<string>;
  running: Promise<void>;
}

/** Nothing is kept over a restart: every certificate is asked for anew then, as upstream does. */
export function createPodCertificates(options: PodCertificatesOptions): PodCertificates {
  return new RequestedCertificates(options);
}

/** A class, because thousands of kubelets of one process have one each. */
class RequestedCertificates implements PodCertificates {
  readonly #options: PodCertificatesOptions;
  #kept: Map<string, Kept> | undefined;

  constructor(options: PodCertificatesOptions) {
    this.#options = options;
  }

  credential(pod: Pod, { volume, index, projection }: CertificatePlace): Credential {
    this.#kept ??= new Map();
    const key = JSON.stringify([identityOf(pod).uid, volume, index]);
    let record = this.#kept.get(key);
    if (record === undefined) {
      const stopping = new AbortController();
      const fresh = { pod, projection, stopping, credential: undefined, refusal: undefined, told: new Set<string>() };
      record = { ...fresh, running: Promise.resolve() };
      this.#kept.set(key, record);
      record.running = keep(record, this.#options);
    }
    if (record.refusal !== undefined) throw new Error(record.refusal);
    if (record.credential === undefined) throw new Error("credential bundle is not issued yet");
    return record.credential;
  }

  forget(podUid: string): void {
    const prefix = `[${JSON.stringify(podUid)},`;
    for (const [key, { stopping }] of this.#kept ?? []) {
      if (!key.startsWith(prefix)) continue;
      stopping.abort();
      this.#kept?.delete(key);
    }
  }

  async stop(): Promise<void> {
    const all = [...(this.#kept?.values() ?? [])];
    for (const { stopping } of all) stopping.abort();
    this.#kept = undefined;
    await Promise.all(all.map(({ running }) => running));
  }
}

async function keep(record: Kept, options: PodCertificatesOptions): Promise<void> {
  const { clock, random } = options;
  const { signal } = record.stopping;
  while (!signal.aborted) {
    const outcome = await obtain(record, options);
    if (outcome === undefined || signal.aborted) return;
    if (outcome.kind === "refused") {
      record.refusal = outcome.why;
      record.credential = undefined;
      const { event } = outcome;
      options.events.event(record.pod, event);
    } else {
      record.credential = outcome.credential;
      record.told.clear();
    }
    options.onOutcome(identityOf(record.pod).uid);
    if (record.credential === undefined) return;
    const renewAtMs = record.credential.beginRefreshAtMs + random.fraction() * JITTER_MS;
    await sleep(clock, Math.max(0, renewAtMs - clock.now()), signal);
  }
}

/** Asks until there is an answer; undefined when nobody wants one any more. */
async function obtain(record: Kept, options: PodCertificatesOptions): Promise<Outcome | undefined> {
  const { client, clock, random, log, nodeName } = options;
  const { pod, projection, stopping } = record;
  const backoff = createBackoff({ random, initialMs: FIRST_RETRY_MS, maximumMs: LONGEST_RETRY_MS });
  while (!stopping.signal.aborted) {
    try {
      const key = await generateCertificateKey(projection.keyType);
      const nodeUid = options.nodeUid();
      if (nodeUid === undefined) throw new Error("the node is not registered yet");
      const wanted = await certificateRequestOf(pod, projection, { client, nodeName, nodeUid, key });
      const asked = await client.create(podCertificateRequests, wanted);
      const decided = await decision(asked, record, options);
      if (decided !== undefined) return outcomeOf(decided, key);
    } catch (error) {
      const { namespace, name } = identityOf(pod);
      log.warn("cannot get a pod's certificate", { pod: `${namespace}/${name}`, error: errorMessage(error) });
    }
    complain(record, options);
    await sleep(clock, backoff.next(), stopping.signal);
  }
  return undefined;
}

/** Waits until the request is decided; undefined when it is gone, or nobody waits any more. */
async function decision(
  asked: PodCertificateRequest,
  record: Kept,
  options: PodCertificatesOptions,
): Promise<PodCertificateRequest | undefined> {
  const { client } = options;
  const { namespace, name = "" } = asked.metadata ?? {};
  const { signal } = record.stopping;
  while (!signal.aborted) {
    const current = await client.get(podCertificateRequests, { namespace, name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (current === undefined || isDecided(current)) return current;
    complain(record, options);
    await changeOf(current, record, options);
  }
  return undefined;
}

function isDecided({ status }: PodCertificateRequest): boolean {
  return (status?.conditions ?? []).some(({ type }) => type === "Issued" || type === "Denied" || type === "Failed");
}

/** Resolves when the request changes, and after a minute in any case. */
async function changeOf(
  { metadata }: PodCertificateRequest,
  { stopping }: Kept,
  { client, clock, nodeName, log }: PodCertificatesOptions,
): Promise<void> {
  const { namespace, name, resourceVersion = "" } = metadata ?? {};
  const late = new AbortController();
  const timer = clock.setTimer(() => late.abort(), LOOK_MS);
  const signal = AbortSignal.any([stopping.signal, late.signal]);
  try {
    const fieldSelector = `metadata.name=${name},spec.nodeName=${nodeName}`;
    const watch = { fieldSelector, resourceVersion, signal, ...(namespace !== undefined && { namespace }) };
    for await (const _ of client.watch(podCertificateRequests, watch)) return;
    // A watch that ends at once must not become a loop without end.
    await sleep(clock, FIRST_RETRY_MS, signal);
  } catch (error) {
    if (signal.aborted) return;
    log.debug("cannot watch a pod's certificate request", { name, error: errorMessage(error) });
    await sleep(clock, FIRST_RETRY_MS * 5, signal);
  } finally {
    timer.cancel();
  }
}

/** Tells once of a certificate whose renewal takes too long, and once when it has expired. */
function complain({ pod, credential, told }: Kept, { clock, events }: PodCertificatesOptions): void {
  if (credential === undefined) return;
  const now = clock.now();
  const tell = (reason: string, message: string): void => {
    if (told.has(reason)) return;
    told.add(reason);
    events.event(pod, { type: "Warning", reason, message });
  };
  if (now > credential.beginRefreshAtMs + OVERDUE_MS) {
    tell("CertificateOverdueForRefresh", "PodCertificate refresh overdue");
  }
  if (now > credential.notAfterMs) tell("CertificateExpired", "PodCertificate expired");
}
