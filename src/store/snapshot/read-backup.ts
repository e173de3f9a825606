import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { errorMessage } from "../../base/assert.ts";
import {
  BACKUP_VERSION,
  type BackupFile,
  type BackupHeader,
  FILE_RECORD,
  HEAD_BYTES_MAXIMUM,
  MAGIC,
  OBJECT_RECORD,
  RECORD_HEAD_BYTES,
  TRAILER_BYTES,
  TRAILER_MAGIC,
} from "./backup-format.ts";
import { SnapshotError, type StateObject, type StoreState } from "./state.ts";

export interface Backup {
  readonly header: BackupHeader;
  readonly state: StoreState;
  readonly files: readonly BackupFile[];
}

interface Layout {
  readonly header: BackupHeader;
  /** Where the records begin, and where they end. */
  readonly start: number;
  readonly end: number;
  readonly digest: Buffer;
}

const PIECE_BYTES = 1024 * 1024;
/** Most headers are much shorter. */
const HEAD_BYTES = 4096;

/** What a backup says of itself; that it is whole, but not that no bit has flipped. @throws SnapshotError */
export async function readBackupHeader(path: string): Promise<BackupHeader> {
  return (await withFile(path, (file) => readLayout(file, path))).header;
}

/** Reads and checks all of it. @throws SnapshotError that says what is wrong with the file */
export async function readBackup(path: string): Promise<Backup> {
  const objects: StateObject[] = [];
  const files: BackupFile[] = [];
  const header = await readWhole(path, {
    object: (object) => objects.push(object),
    file: (file) => files.push(file),
  });
  return { header, files, state: { revision: header.revision, objects } };
}

/** Checks all of it, as a restore would, and keeps nothing in memory. @throws SnapshotError */
export async function verifyBackup(path: string): Promise<BackupHeader> {
  return await readWhole(path, { object: () => {}, file: () => {} });
}

interface Records {
  object(object: StateObject): void;
  file(file: BackupFile): void;
}

async function readWhole(path: string, records: Records): Promise<BackupHeader> {
  const { header, start, end } = await withFile(path, async (file) => {
    const found = await readLayout(file, path);
    await checkDigest(file, found, path);
    return found;
  });
  const count = { objects: 0, files: 0 };
  const counting: Records = {
    object(object) {
      count.objects++;
      records.object(object);
    },
    file(file) {
      count.files++;
      records.file(file);
    },
  };
  try {
    const compressed = createReadStream(path, { start, end: end - 1 });
    await pipeline(compressed, createGunzip(), (bytes: AsyncIterable<Buffer>) => readRecords(bytes, counting));
  } catch (error) {
    throw new SnapshotError(`${path} is damaged: ${errorMessage(error)}. Use another backup`);
  }
  if (count.objects !== header.objects || count.files !== header.files) {
    throw new SnapshotError(`${path} is damaged: it holds ${count.objects} objects of ${header.objects}`);
  }
  return header;
}

async function withFile<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw new SnapshotError(`cannot read the backup ${path}: ${errorMessage(error)}`);
  }
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

async function readLayout(file: FileHandle, path: string): Promise<Layout> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new SnapshotError(`${path} is not a file: name a backup (wherry backup list)`);
  if (stat.size === 0) throw new SnapshotError(`${path} is empty: copy it again, or use another backup`);
  const head = await readHead(file, stat.size);
  if (head.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    throw new SnapshotError(`${path} is not a backup of Wherry (an etcd snapshot goes in with: wherry store import)`);
  }
  const lineEnd = head.indexOf(10);
  const version = head.toString("latin1", MAGIC.length, Math.max(MAGIC.length, lineEnd));
  if (lineEnd >= 0 && version !== String(BACKUP_VERSION)) {
    throw new SnapshotError(
      `${path} has backup format ${version.slice(0, 20)}, and this Wherry reads format ${BACKUP_VERSION}: use the Wherry that wrote it`,
    );
  }
  const start = head.indexOf(10, lineEnd + 1) + 1;
  const trailer = Buffer.alloc(TRAILER_BYTES);
  const end = stat.size - TRAILER_BYTES;
  if (end > start) await file.read(trailer, 0, TRAILER_BYTES, end);
  const isWhole = trailer.toString("latin1", 0, 8) === TRAILER_MAGIC && trailer.readBigUInt64BE(8) === BigInt(end);
  if (start <= 0 || !isWhole) {
    throw new SnapshotError(`${path} was cut short: it has no end. Copy it again, or use another backup`);
  }
  return {
    header: parseHeader(head.toString("utf8", lineEnd + 1, start), path),
    start,
    end,
    digest: trailer.subarray(16),
  };
}

/** Two lines at least, which are short but where very many keys encrypt. */
async function readHead(file: FileHandle, size: number): Promise<Buffer> {
  const readFirst = async (bytes: number): Promise<Buffer> => {
    const first = Buffer.alloc(Math.min(bytes, size));
    await file.read(first, 0, first.length, 0);
    return first;
  };
  const head = await readFirst(HEAD_BYTES);
  const hasBothLines = head.indexOf(10, head.indexOf(10) + 1) > 0;
  return hasBothLines ? head : await readFirst(HEAD_BYTES_MAXIMUM);
}

function parseHeader(text: string, path: string): BackupHeader {
  try {
    const header = JSON.parse(text) as BackupHeader;
    if (Number.isSafeInteger(header.revision) && Number.isSafeInteger(header.objects)) return header;
  } catch {
    // Told below: whatever is wrong with it, the answer is the same.
  }
  throw new SnapshotError(`${path} is damaged: its header is not what a backup has. Use another backup`);
}

async function checkDigest(file: FileHandle, { end, digest }: Layout, path: string): Promise<void> {
  const hash = createHash("sha256");
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let offset = 0; offset < end; ) {
    const { bytesRead } = await file.read(piece, 0, Math.min(PIECE_BYTES, end - offset), offset);
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    offset += bytesRead;
  }
  if (hash.digest().equals(digest)) return;
  throw new SnapshotError(`${path} is damaged: its SHA-256 is not the one it was written with. Use another backup`);
}

async function readRecords(source: AsyncIterable<Buffer>, into: Records): Promise<void> {
  let pieces: Buffer[] = [];
  let have = 0;
  let wanted = RECORD_HEAD_BYTES;
  for await (const piece of source) {
    pieces.push(piece);
    have += piece.length;
    if (have < wanted) continue;
    let rest = pieces.length === 1 ? piece : Buffer.concat(pieces);
    for (;;) {
      wanted = recordBytes(rest);
      if (rest.length < wanted) break;
      takeRecord(rest.subarray(0, wanted), into);
      rest = rest.subarray(wanted);
    }
    pieces = [rest];
    have = rest.length;
  }
  if (have > 0) throw new Error("its last record is not whole");
}

/** As far as can be told by now. */
function recordBytes(bytes: Buffer): number {
  if (bytes.length < RECORD_HEAD_BYTES) return RECORD_HEAD_BYTES;
  return RECORD_HEAD_BYTES + bytes.readUInt32BE(1) + bytes.readUInt32BE(5);
}

function takeRecord(record: Buffer, into: Records): void {
  const kind = record.readUInt8(0);
  const nameEnd = RECORD_HEAD_BYTES + record.readUInt32BE(1);
  const name = record.toString("utf8", RECORD_HEAD_BYTES, nameEnd);
  // A copy: the piece that it lies in would stay in memory with it.
  const content = Buffer.from(record.subarray(nameEnd));
  if (kind === FILE_RECORD) into.file({ path: name, content });
  else if (kind === OBJECT_RECORD) {
    const left = record.readDoubleBE(17);
    const revision = record.readDoubleBE(9);
    into.object({ key: name, value: content, revision, secondsLeft: Number.isNaN(left) ? undefined : left });
  } else throw new Error(`it has a record of kind ${kind}`);
}
