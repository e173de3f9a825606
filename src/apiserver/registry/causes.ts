import { currentTrace, type TraceContext } from "../../base/trace.ts";

/** So many writes are remembered at least, and twice as many at most: who watches has heard of them long before. */
const REMEMBERED_WRITES = 5000;

/**
 * Which request made a version of an object: noted before the bytes go to the store, so that it is known when the change comes
 * back through the watch, and forgotten with the bytes or when many others have come. A deletion is noted on the last version.
 */
let causes = new WeakMap<Buffer, TraceContext>();
let earlierCauses = causes;
let noted = 0;

/** The stored bytes of which others were made for another version: what is noted is noted there. */
const origins = new WeakMap<Buffer, Buffer>();

/** Notes the request that runs now as the cause of what becomes of these bytes. */
export function noteCause(bytes: Buffer): void {
  const trace = currentTrace();
  if (trace === undefined) return;
  if (++noted > REMEMBERED_WRITES) {
    earlierCauses = causes;
    causes = new WeakMap();
    noted = 1;
  }
  causes.set(originOf(bytes), trace);
}

/** Tells that the bytes show what is stored in others. */
export function noteOrigin(bytes: Buffer, stored: Buffer): void {
  origins.set(bytes, stored);
}

/** What is stored, of which these bytes were made; themselves when they are stored as they are. */
export function originOf(bytes: Buffer): Buffer {
  return origins.get(bytes) ?? bytes;
}

/** The request that made or removed this version; undefined when another process did, or long ago. */
export function causeOf(bytes: Buffer): TraceContext | undefined {
  const origin = originOf(bytes);
  return causes.get(origin) ?? earlierCauses.get(origin);
}
