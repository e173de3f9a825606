import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { whyNotWritten } from "../../base/disk-error.ts";
import type { KeySpace } from "../etcd/keys.ts";
import type { BoltEntry } from "./bolt-reader.ts";
import { writeBolt } from "./bolt-writer.ts";
import { REVISION_BUMP, SnapshotError, type StateObject, type StoreState } from "./state.ts";
import { encodeMessage } from "./wire.ts";

/** etcd expects these to be there, most of them empty. */
const OTHER_BUCKETS = ["alarm", "auth", "authRoles", "authUsers", "cluster", "members", "members_removed"];

/**
 * Writes what `etcdctl snapshot restore` (or etcdutl) takes. Objects keep their revisions; the history before the file's own
 * revision, which is REVISION_BUMP above them, counts as compacted.
 * @throws SnapshotError when there is a file of that name
 */
export function writeEtcdSnapshot(path: string, state: StoreState, keys: KeySpace): void {
  if (existsSync(path)) throw new SnapshotError(`${path} is there already: choose another name`);
  const draft = `${path}.part`;
  try {
    rmSync(draft, { force: true });
    writeDraft(draft, state, keys);
    renameSync(draft, path);
  } catch (error) {
    throw new SnapshotError(`cannot write ${path}: ${whyNotWritten(error)}`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDraft(draft: string, state: StoreState, keys: KeySpace): void {
  const file = openSync(draft, "wx+", 0o600);
  try {
    let end = 0;
    writeBolt(bucketsOf(state, keys), (bytes, offset) => {
      writeWhole(file, bytes, offset);
      end = Math.max(end, offset + bytes.length);
    });
    writeWhole(file, digestOf(file, end), end);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, offset + done);
  }
}

function digestOf(file: number, length: number): Buffer {
  const hash = createHash("sha256");
  const piece = Buffer.alloc(1024 * 1024);
  for (let offset = 0; offset < length; ) {
    const read = readSync(file, piece, 0, Math.min(piece.length, length - offset), offset);
    hash.update(piece.subarray(0, read));
    offset += read;
  }
  return hash.digest();
}

function bucketsOf(state: StoreState, keys: KeySpace): Map<string, Iterable<BoltEntry>> {
  const leases = leasesOf(state.objects);
  const meta = [{ key: Buffer.from("finishedCompactRev"), value: revisionKey(state.revision + REVISION_BUMP, 0) }];
  return new Map<string, Iterable<BoltEntry>>([
    ...OTHER_BUCKETS.map((name): [string, BoltEntry[]] => [name, []]),
    ["key", keyEntries(state.objects, keys)],
    ["lease", leaseEntries(leases)],
    ["meta", meta],
  ]);
}

/** One lease for all keys that have as many seconds left; the lease's number is these seconds. */
function leasesOf(objects: readonly StateObject[]): Set<number> {
  return new Set(objects.flatMap(({ secondsLeft }) => (secondsLeft === undefined ? [] : [leaseOf(secondsLeft)])));
}

function leaseOf(secondsLeft: number): number {
  return Math.max(1, Math.ceil(secondsLeft));
}

function leaseEntries(leases: ReadonlySet<number>): BoltEntry[] {
  return [...leases]
    .sort((left, right) => left - right)
    .map((seconds) => {
      const key = Buffer.alloc(8);
      key.writeBigInt64BE(BigInt(seconds));
      const lease: readonly (readonly [number, number])[] = [
        [1, seconds],
        [2, seconds],
      ];
      return { key, value: encodeMessage(lease) };
    });
}

function* keyEntries(objects: readonly StateObject[], keys: KeySpace): Generator<BoltEntry> {
  let sub = 0;
  let last = -1;
  for (const { key, value, revision, secondsLeft } of objects) {
    sub = revision === last ? sub + 1 : 0;
    last = revision;
    const stored = encodeMessage([
      [1, keys.toEtcd(key)],
      [2, revision],
      [3, revision],
      [4, 1],
      [5, value],
      [6, secondsLeft === undefined ? 0 : leaseOf(secondsLeft)],
    ]);
    yield { key: revisionKey(revision, sub), value: stored };
  }
}

function revisionKey(main: number, sub: number): Buffer {
  const key = Buffer.alloc(17);
  key.writeBigInt64BE(BigInt(main), 0);
  key.write("_", 8);
  key.writeBigInt64BE(BigInt(sub), 9);
  return key;
}
