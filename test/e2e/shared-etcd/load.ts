import type { ConfigMap } from "../../../src/api/generated/core/v1.ts";
import { configMaps } from "../../../src/api/generated/resources.ts";
import { hasReason, StatusError } from "../../../src/api/status.ts";
import type { Client } from "../../../src/client/client.ts";
import type { SharedServer } from "../../support/servers.ts";

const NAMESPACE = "default";
/** A server that does not answer for so long is left. */
const PATIENCE_MS = 3000;
const PAUSE_MS = 20;

/** An acknowledged write: the object's value at a revision. */
export interface Acknowledged {
  readonly name: string;
  readonly value: number;
  readonly revision: number;
}

export interface Load {
  readonly acknowledged: readonly Acknowledged[];
  /** Writes whose outcome nobody told. */
  unknown(): number;
  /** What went wrong: a promise that was broken. */
  readonly violations: readonly string[];
  /** Ends the load; watchers first see everything that was acknowledged. @throws Error when they do not */
  stop(): Promise<void>;
}

/** Writers that each count up an object of their own, and watchers of them all, on any server that answers. */
export function startLoad(servers: readonly SharedServer[], of: { writers: number; watchers: number }): Load {
  const stopping = new AbortController();
  const watching = new AbortController();
  const state = { acknowledged: [] as Acknowledged[], violations: [] as string[], unknown: 0 };
  const clients = clientsOf(servers);
  const writers = Array.from({ length: of.writers }, (_, index) =>
    write({ name: `counter-${index}`, turn: index }, { clients, state, signal: stopping.signal }),
  );
  const watchers = Array.from({ length: of.watchers }, (_, index) => {
    const seen = new Map<number, string>();
    const progress = { revision: 0, startedAt: undefined as number | undefined };
    const ended = watch(index, { clients, state, seen, progress, signal: watching.signal });
    return { seen, progress, ended };
  });
  return {
    acknowledged: state.acknowledged,
    violations: state.violations,
    unknown: () => state.unknown,
    async stop() {
      stopping.abort();
      await Promise.all(writers);
      const last = Math.max(...state.acknowledged.map(({ revision }) => revision));
      const giveUpAt = performance.now() + 15_000;
      while (watchers.some(({ progress }) => progress.revision < last) && performance.now() < giveUpAt) await pause();
      watching.abort();
      await Promise.all(watchers.map(({ ended }) => ended));
      await clients.close();
      watchers.forEach(({ seen, progress }, index) => {
        for (const { name, value, revision } of state.acknowledged) {
          if (revision <= (progress.startedAt ?? Number.POSITIVE_INFINITY)) continue;
          const line = seen.get(revision);
          if (line !== `${name}=${value}`) {
            state.violations.push(
              `watcher ${index} saw ${line} at ${revision}, where ${name}=${value} was acknowledged`,
            );
          }
        }
      });
    },
  };
}

interface Clients {
  /** The client of one server; `turn` counts round. */
  at(turn: number): Promise<Client>;
  close(): Promise<void>;
}

function clientsOf(servers: readonly SharedServer[]): Clients {
  const made = servers.map((server) => server.client());
  return {
    at: (turn) => made[turn % made.length]!,
    async close() {
      for (const client of await Promise.all(made)) await client.transport.close();
    },
  };
}

interface State {
  readonly acknowledged: Acknowledged[];
  readonly violations: string[];
  unknown: number;
}

async function write(
  who: { name: string; turn: number },
  to: { clients: Clients; state: State; signal: AbortSignal },
): Promise<void> {
  const { name } = who;
  const { state, signal } = to;
  let turn = who.turn;
  /** The highest value that was acknowledged, and the highest that was ever sent. */
  const known = { acknowledged: 0, sent: 0 };
  let current: ConfigMap | undefined;
  while (!signal.aborted) {
    const client = await to.clients.at(turn);
    try {
      if (current === undefined) {
        current = await find(client, name);
        const value = countIn(current);
        if (value < known.acknowledged || value > known.sent) {
          state.violations.push(`${name} is ${value}; ${known.acknowledged} was acknowledged, ${known.sent} sent last`);
        }
      }
      const value = countIn(current) + 1;
      known.sent = Math.max(known.sent, value);
      const data = { value: String(value) };
      const wanted: ConfigMap = { ...(current ?? { metadata: { namespace: NAMESPACE, name } }), data };
      current = await within(
        current === undefined ? client.create(configMaps, wanted) : client.update(configMaps, wanted),
      );
      known.acknowledged = value;
      state.acknowledged.push({ name, value, revision: revisionOf(current) });
    } catch (error) {
      // Somebody else's object in between would be one of our own writes that was told as failed.
      if (!hasReason(error, "Conflict") && !hasReason(error, "AlreadyExists")) state.unknown++;
      current = undefined;
      turn++;
      await pause();
    }
  }
}

async function find(client: Client, name: string): Promise<ConfigMap | undefined> {
  try {
    return await within(client.get(configMaps, { namespace: NAMESPACE, name }));
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}

async function watch(
  first: number,
  to: {
    clients: Clients;
    state: State;
    /** What was seen at each revision. */
    seen: Map<number, string>;
    progress: { revision: number; startedAt: number | undefined };
    signal: AbortSignal;
  },
): Promise<void> {
  const { seen, progress, state, signal } = to;
  for (let turn = first; !signal.aborted; turn++) {
    const client = await to.clients.at(turn);
    const quiet = new AbortController();
    let timer = setTimeout(() => quiet.abort(), PATIENCE_MS);
    try {
      if (progress.startedAt === undefined) {
        const list = await within(client.list(configMaps, { namespace: NAMESPACE }));
        progress.startedAt = progress.revision = Number(list.metadata?.resourceVersion);
      }
      const resourceVersion = String(progress.revision);
      const ending = AbortSignal.any([signal, quiet.signal]);
      for await (const event of client.watch(configMaps, { namespace: NAMESPACE, resourceVersion, signal: ending })) {
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), PATIENCE_MS);
        const { object } = event;
        const revision = revisionOf(object);
        if (revision <= progress.revision) {
          state.violations.push(`a watch gave revision ${revision} after ${progress.revision}`);
        }
        progress.revision = revision;
        seen.set(revision, `${object.metadata?.name}=${countIn(object)}`);
      }
    } catch (error) {
      if (error instanceof StatusError && error.status.code === 410) {
        state.violations.push(`a watch from ${progress.revision} could not resume: ${error.message}`);
        return;
      }
    } finally {
      clearTimeout(timer);
    }
    await pause();
  }
}

function countIn(object: ConfigMap | undefined): number {
  return Number(object?.data?.value ?? 0);
}

function revisionOf(object: ConfigMap): number {
  return Number(object.metadata?.resourceVersion);
}

/** A call that is given up on; it may still be answered by somebody who was paused. */
async function within<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), PATIENCE_MS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
