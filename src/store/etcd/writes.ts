import type { Clock } from "../../base/clock.ts";
import {
  KeyExistsError,
  RevisionMismatchError,
  StoreUnavailableError,
  ValueTooLargeError,
  type WriteResult,
} from "../store.ts";
import { type Connection, isTransient, PATIENCE_MS } from "./connection.ts";
import { EtcdError } from "./errors.ts";
import type { Leases } from "./leases.ts";
import { EQUAL, type KeyValue, type RangeResponse, TARGET_MOD, type TxnResponse } from "./messages.ts";
import { judge } from "./outcome.ts";
import { storedValue } from "./reads.ts";

/** One change of one key. */
export interface Intent {
  /** As the caller names it. */
  readonly name: string;
  readonly key: Buffer;
  /** Revision of what is replaced; 0 when nothing may be there. */
  readonly expectedRevision: number;
  /** Absent: the key is removed. */
  value: Buffer | undefined;
  readonly timeToLiveSeconds?: number | undefined;
}

export interface WriteContext {
  readonly connection: Connection;
  readonly leases: Leases;
  readonly clock: Clock;
}

/**
 * Makes the change by one transaction that compares the key's revision.
 *
 * When an attempt ends without an answer, the change may have been made, or may be made later. A change of a revision can be
 * asked for again: that revision never comes back, so it happens once at most. A creation cannot, because a late first attempt
 * might bring back what was removed meanwhile: it is only looked for. What cannot be told is not told.
 * @throws KeyExistsError, RevisionMismatchError, ValueTooLargeError, StoreUnavailableError (outcome unknown, or certainly nothing done)
 */
export async function write(context: WriteContext, intent: Intent): Promise<WriteResult> {
  const { connection, clock } = context;
  const giveUpAt = clock.monotonic() + PATIENCE_MS;
  const before = connection.revision;
  let isUncertain = false;
  for (;;) {
    try {
      const looksOnly = isUncertain && intent.expectedRevision === 0;
      const answer = await (looksOnly ? look(connection, intent) : transact(context, intent));
      if (answer.revision !== undefined) return { revision: answer.revision };
      if (!isUncertain) throw refusal(intent, answer.current);
      return await settle(context, { intent, before, current: answer.current });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error.failure === "tooLarge") throw new ValueTooLargeError(error.message);
      if (error.failure === "unknown") isUncertain = true;
      const again = isTransient(error) || error.failure === "leaseGone";
      if (!again || !(await connection.pauseBefore(giveUpAt)))
        throw unavailable(connection.whyNobody(error), isUncertain);
    }
  }
}

interface Answer {
  /** Of the change, when it was made. */
  readonly revision?: number;
  readonly current: KeyValue | undefined;
}

async function transact({ connection, leases }: WriteContext, intent: Intent): Promise<Answer> {
  const { key, value, expectedRevision, timeToLiveSeconds } = intent;
  const lease = timeToLiveSeconds === undefined ? 0 : await leaseFor(leases, timeToLiveSeconds);
  const change = value === undefined ? { request_delete_range: { key } } : { request_put: { key, value, lease } };
  try {
    const response = await connection.attempt<TxnResponse>("KV/Txn", {
      compare: [{ result: EQUAL, target: TARGET_MOD, key, mod_revision: expectedRevision }],
      success: [change],
      failure: [{ request_range: { key } }],
    });
    if (response.succeeded) return { revision: response.header.revision, current: undefined };
    return { current: response.responses[0]?.response_range?.kvs[0] };
  } catch (error) {
    if (error instanceof EtcdError && error.failure === "leaseGone") leases.forget(lease);
    throw error;
  }
}

/** A lease that was perhaps granted and is not used runs out by itself. */
async function leaseFor(leases: Leases, seconds: number): Promise<number> {
  try {
    return await leases.leaseFor(seconds);
  } catch (error) {
    if (error instanceof EtcdError && error.failure === "unknown") throw new EtcdError("notDone", error.message);
    throw error;
  }
}

async function look(connection: Connection, { key }: Intent): Promise<Answer> {
  const { kvs } = await connection.read<RangeResponse>("KV/Range", { key });
  return { current: kvs[0] };
}

/** Ends a write of which an attempt went unanswered: was it ours that is there now, or that was there between? */
async function settle(
  { connection }: WriteContext,
  write: { intent: Intent; before: number; current: KeyValue | undefined },
): Promise<WriteResult> {
  const { intent, before, current } = write;
  const at = async (revision: number): Promise<KeyValue | undefined> => {
    const { kvs } = await connection.read<RangeResponse>("KV/Range", { key: intent.key, revision });
    return kvs[0];
  };
  const verdict = await judge({ ...intent, before, current }, at);
  if (verdict === "refused") throw refusal(intent, current);
  if (verdict === "unknown") throw new StoreUnavailableError(`it is not known whether ${intent.name} was written`);
  return { revision: verdict };
}

function refusal(intent: Intent, current: KeyValue | undefined): Error {
  if (intent.expectedRevision === 0 && intent.value !== undefined) return new KeyExistsError(intent.name);
  const stored = current === undefined ? undefined : storedValue(intent.name, current);
  return new RevisionMismatchError(intent.name, intent.expectedRevision, stored);
}

function unavailable(why: string, isUncertain: boolean): Error {
  return new StoreUnavailableError(isUncertain ? `${why}; it is not known whether the change was made` : why);
}
