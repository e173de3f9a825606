import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errorMessage } from "../../base/assert.ts";
import { nextTurn } from "../../base/turn.ts";
import type { KeySpace } from "../etcd/keys.ts";
import { type BoltFile, openBolt } from "./bolt-reader.ts";
import { SnapshotError, type StateObject, type StoreState } from "./state.ts";
import { decodeMessage } from "./wire.ts";

/** `etcdctl snapshot save` puts the SHA-256 of the database behind it; a member's own file (member/snap/db) has none. */
const DIGEST_BYTES = 32;
const NO_DIGEST =
  "it has no SHA-256 at its end, so it was cut short, or it is a member's own file (member/snap/db), which --skip-hash-check takes";
/** The database consists of whole pages. */
const SECTOR_BYTES = 512;
const PIECE_BYTES = 1024 * 1024;
const ENTRIES_PER_TURN = 1000;

/** Of a key in the bucket `key`: main revision, `_`, sub revision; a removal has a `t` behind it. */
const REVISION_BYTES = 17;

export interface ReadSnapshotOptions {
  /** As etcdutl's flag of this name: the digest may be absent, and is not looked at when it is there. */
  readonly skipHashCheck?: boolean | undefined;
}

/**
 * What a snapshot of etcd, version 3, holds below a key space, as of its last revision.
 * @throws SnapshotError that says what is wrong with the file
 */
export async function readEtcdSnapshot(
  path: string,
  keys: KeySpace,
  { skipHashCheck = false }: ReadSnapshotOptions = {},
): Promise<StoreState> {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    if (size === 0) throw new Error("it is empty");
    const behindPages = size % SECTOR_BYTES;
    const hasDigest = behindPages === DIGEST_BYTES;
    // First, because one that was cut short has something else where the digest was.
    const bolt = openBolt(file, hasDigest ? size - DIGEST_BYTES : size);
    if (behindPages !== 0 && !hasDigest) throw new Error("it was cut short: the SHA-256 at its end is not whole");
    // Nothing in a database of whole pages tells one whose digest alone was cut off from a member's own file.
    if (!hasDigest && !skipHashCheck) throw new Error(NO_DIGEST);
    if (!skipHashCheck) await checkDigest(file, size - DIGEST_BYTES);
    return await readState(bolt, keys);
  } catch (error) {
    throw new SnapshotError(
      `${path} cannot be read as a snapshot of etcd: ${errorMessage(error)}. Make it with: etcdctl snapshot save`,
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function checkDigest(file: number, length: number): Promise<void> {
  const hash = createHash("sha256");
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let offset = 0; offset < length; ) {
    const read = readSync(file, piece, 0, Math.min(PIECE_BYTES, length - offset), offset);
    hash.update(piece.subarray(0, read));
    offset += read;
    await nextTurn();
  }
  const expected = Buffer.alloc(DIGEST_BYTES);
  readSync(file, expected, 0, DIGEST_BYTES, length);
  if (!hash.digest().equals(expected)) throw new Error("its SHA-256 is not the one at its end: it is damaged");
}

async function readState(bolt: BoltFile, keys: KeySpace): Promise<StoreState> {
  const leases = readLeases(bolt);
  const live = new Map<string, StateObject>();
  let revision = compactedRevision(bolt);
  let isEmpty = true;
  let read = 0;
  for (const { key: at, value } of bolt.entries("key")) {
    isEmpty = false;
    if (++read % ENTRIES_PER_TURN === 0) await nextTurn();
    if (at.length < REVISION_BYTES) throw new Error("its bucket of revisions is damaged");
    revision = Math.max(revision, Number(at.readBigInt64BE(0)));
    const { numbers, bytes } = decodeMessage(value);
    const key = keys.fromEtcd(bytes.get(1) ?? Buffer.alloc(0));
    if (key === undefined) continue;
    if (at.length > REVISION_BYTES) {
      live.delete(key);
      continue;
    }
    const lease = numbers.get(6) ?? 0n;
    // Anew, so that the order is that of the revisions; copied out of the page.
    live.delete(key);
    live.set(key, {
      key,
      value: Buffer.from(bytes.get(5) ?? Buffer.alloc(0)),
      revision: Number(numbers.get(3) ?? 0n),
      secondsLeft: lease === 0n ? undefined : leases.get(lease),
    });
  }
  if (isEmpty && revision === 0) throw new Error("it holds no keys");
  return { revision, objects: [...live.values()] };
}

/** Seconds by lease. */
function readLeases(bolt: BoltFile): Map<bigint, number> {
  const leases = new Map<bigint, number>();
  for (const { value } of bolt.entries("lease")) {
    const { numbers } = decodeMessage(value);
    leases.set(numbers.get(1) ?? 0n, Number(numbers.get(3) ?? numbers.get(2) ?? 0n));
  }
  return leases;
}

/** Compaction may have removed everything up to it, removals of the latest revisions too. */
function compactedRevision(bolt: BoltFile): number {
  for (const { key, value } of bolt.entries("meta")) {
    if (key.toString() === "finishedCompactRev") return Number(value.readBigInt64BE(0));
  }
  return 0;
}
