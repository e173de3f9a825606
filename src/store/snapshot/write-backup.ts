import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, link, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { whyNotWritten } from "../../base/disk-error.ts";
import {
  BACKUP_VERSION,
  type BackupFile,
  type BackupHeader,
  FILE_RECORD,
  MAGIC,
  OBJECT_RECORD,
  RECORD_HEAD_BYTES,
  TRAILER_BYTES,
  TRAILER_MAGIC,
} from "./backup-format.ts";
import { SnapshotError, type StoreState } from "./state.ts";

export interface BackupContent {
  readonly header: Omit<BackupHeader, "revision" | "objects" | "files">;
  readonly state: StoreState;
  readonly files: readonly BackupFile[];
}

/** Records are handed to the compressor in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;

/**
 * Writes a backup that only its owner can read. It appears under its name when it is whole and on the disk.
 * @throws SnapshotError when there is a file of that name; nothing is ever overwritten
 */
export async function writeBackup(path: string, content: BackupContent): Promise<void> {
  if (existsSync(path)) throw new SnapshotError(`${path} is there already: choose another name`);
  const draft = `${path}.part`;
  await rm(draft, { force: true });
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await writeTo(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename a link fails when somebody has taken the name meanwhile.
    await link(draft, path);
  } catch (error) {
    throw new SnapshotError(`cannot write ${path}: ${whyNotWritten(error)}`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
  const directory = await open(dirname(path), "r");
  await directory.sync().finally(() => directory.close());
}

async function writeTo(file: FileHandle, content: BackupContent): Promise<void> {
  const hash = createHash("sha256");
  let length = 0;
  const put = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes);
    length += bytes.length;
    await file.writeFile(bytes);
  };
  await put(headOf(content));
  await pipeline(records(content), createGzip({ level: 4 }), async (compressed: AsyncIterable<Buffer>) => {
    for await (const bytes of compressed) await put(bytes);
  });
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.write(TRAILER_MAGIC);
  trailer.writeBigUInt64BE(BigInt(length), 8);
  hash.digest().copy(trailer, 16);
  await file.writeFile(trailer);
}

function headOf({ header, state, files }: BackupContent): Buffer {
  const { revision, objects } = state;
  const whole: BackupHeader = { ...header, revision, objects: objects.length, files: files.length };
  return Buffer.from(`${MAGIC}${BACKUP_VERSION}\n${JSON.stringify(whole)}\n`);
}

function* records({ state, files }: BackupContent): Generator<Buffer> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  const add = (...parts: Buffer[]): Buffer | undefined => {
    for (const part of parts) bytes += part.length;
    pieces.push(...parts);
    if (bytes < PIECE_BYTES) return undefined;
    const whole = Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
    return whole;
  };
  for (const { path, content } of files) {
    const full = add(...record({ kind: FILE_RECORD, name: path, content, revision: 0 }));
    if (full !== undefined) yield full;
  }
  for (const { key, value, revision, secondsLeft } of state.objects) {
    const full = add(...record({ kind: OBJECT_RECORD, name: key, content: value, revision, secondsLeft }));
    if (full !== undefined) yield full;
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

function record(of: {
  kind: number;
  name: string;
  content: Buffer;
  revision: number;
  secondsLeft?: number | undefined;
}): [Buffer, Buffer, Buffer] {
  const name = Buffer.from(of.name);
  const head = Buffer.alloc(RECORD_HEAD_BYTES);
  head.writeUInt8(of.kind, 0);
  head.writeUInt32BE(name.length, 1);
  head.writeUInt32BE(of.content.length, 5);
  head.writeDoubleBE(of.revision, 9);
  head.writeDoubleBE(of.secondsLeft ?? Number.NaN, 17);
  return [head, name, of.content];
}
