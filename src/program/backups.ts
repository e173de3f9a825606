import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { errorMessage } from "../base/assert.ts";
import { formatTime, systemClock, timestamp } from "../base/clock.ts";
import { whyNotWritten } from "../base/disk-error.ts";
import { makeDirectory } from "../base/make-directory.ts";
import type { BackupRow, Backups, CreateBackup, RestoreBackup, Restored } from "../cli/backups.ts";
import { CommandError } from "../cli/command.ts";
import type { BackupFile, BackupHeader } from "../store/snapshot/backup-format.ts";
import { writeEmbeddedState } from "../store/snapshot/embedded-state.ts";
import { neededKeys } from "../store/snapshot/needed-keys.ts";
import { type Backup, readBackup, readBackupHeader, verifyBackup } from "../store/snapshot/read-backup.ts";
import { REVISION_BUMP, SnapshotError, type StoreState } from "../store/snapshot/state.ts";
import { writeBackup } from "../store/snapshot/write-backup.ts";
import {
  clusterName,
  missingKeys,
  placeFiles,
  readClusterFiles,
  readKeyFiles,
  requireSameCluster,
} from "./backup-files.ts";
import { asideName, isEmptyDirectory, requireStopped, storeDirectory } from "./store-directory.ts";
import { exportStore, importStore } from "./store-moves.ts";
import { fillEtcd, readState } from "./store-state.ts";

const SUFFIX = ".backup";
/** Keys are exchanged once in months, not between any two looks. */
const LOOKS = 5;

/** Backups of clusters on this machine. */
export const backups: Backups = { create, list, restore, exportStore, importStore };

async function create(options: CreateBackup): Promise<BackupRow> {
  const { dataDirectory, etcd, withKeys } = options;
  const file = fileOf(options.output);
  const { files, state } = await readCluster(options, `${file}.etcd`);
  if (withKeys) requireSameCluster(state.objects, { files, dataDirectory });
  const encryptionKeys = neededKeys(state.objects);
  const header = {
    createdAt: timestamp(systemClock),
    engine: etcd === undefined ? ("embedded" as const) : ("etcd" as const),
    cluster: clusterName(dataDirectory),
    holdsKeys: withKeys,
    encryptionKeys,
  };
  await writeBackup(file, { header, files, state });
  const { revision, objects } = state;
  const missing = missingKeys(encryptionKeys, files);
  const row = rowOf(file, { ...header, revision, objects: objects.length, files: 0 });
  return { ...row, missingKeys: missing, lost: state.lost };
}

/** Objects and the keys that they are encrypted with, which are exchanged in a running cluster. */
async function readCluster(
  options: CreateBackup,
  scratch: string,
): Promise<{ files: readonly BackupFile[]; state: StoreState }> {
  for (let look = 1; look <= LOOKS; look++) {
    const files = readClusterFiles(options.dataDirectory, options);
    const state = await readState(options, scratch);
    const after = readClusterFiles(options.dataDirectory, options);
    const isSame = files.length === after.length && files.every((file, index) => isEqual(file, after[index]));
    if (isSame) return { files, state };
  }
  throw new CommandError("the cluster's keys are being exchanged: make the backup again in a minute");
}

function isEqual(one: BackupFile, other: BackupFile | undefined): boolean {
  return one.path === other?.path && one.content.equals(other.content);
}

function fileOf(output: string): string {
  const isDirectory = output.endsWith("/") || statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
  const directory = isDirectory ? output : dirname(output);
  try {
    makeDirectory(directory);
  } catch (error) {
    throw new CommandError(`cannot make the directory ${directory}: ${whyNotWritten(error)} (--output)`);
  }
  if (!isDirectory) {
    if (existsSync(output)) throw new CommandError(`${output} is there already: choose another name (--output)`);
    return output;
  }
  const time = formatTime(systemClock.now())
    .replace(/[-:]|Z$/g, "")
    .replace("T", "-");
  for (let number = 1; ; number++) {
    const file = join(directory, `wherry-${time}${number === 1 ? "" : `-${number}`}${SUFFIX}`);
    if (!existsSync(file)) return file;
  }
}

function rowOf(file: string, header: BackupHeader): BackupRow {
  const { createdAt, revision, objects, engine, cluster, holdsKeys } = header;
  return { file, bytes: statSync(file).size, createdAt, revision, objects, engine, cluster, holdsKeys };
}

async function list(directory: string, { verify }: { verify: boolean }): Promise<readonly BackupRow[]> {
  if (!existsSync(directory)) return [];
  if (!statSync(directory).isDirectory()) return [await describe(directory, verify)];
  const names = readdirSync(directory).filter((name) => name.endsWith(SUFFIX));
  const rows: BackupRow[] = [];
  // One after the other: each may be read as a whole.
  for (const name of names) rows.push(await describe(join(directory, name), verify));
  return rows.sort(
    (left, right) =>
      (left.createdAt ?? "").localeCompare(right.createdAt ?? "") || (left.revision ?? 0) - (right.revision ?? 0),
  );
}

async function describe(file: string, verify: boolean): Promise<BackupRow> {
  try {
    if (!verify) return rowOf(file, await readBackupHeader(file));
    return { ...rowOf(file, await verifyBackup(file)), verified: true };
  } catch (error) {
    return { file, bytes: statSync(file).size, problem: errorMessage(error) };
  }
}

async function restore(options: RestoreBackup): Promise<Restored> {
  const { dataDirectory, etcd, force } = options;
  const backup = await readBackup(options.file);
  const files = filesOf(backup, options);
  requireStopped(dataDirectory);
  if (!force && !isEmptyDirectory(dataDirectory)) {
    throw new CommandError(
      `${dataDirectory} is not empty: choose another with --data-dir, or let --force move it aside`,
      5,
    );
  }
  const draft = `${dataDirectory}.restoring`;
  rmSync(draft, { recursive: true, force: true });
  let movedTo: string | undefined;
  try {
    placeDraft(draft, files);
    if (etcd === undefined) await writeEmbeddedState(storeDirectory(draft), backup.state, systemClock);
    else await fillEtcd(etcd, backup.state);
    movedTo = putInPlace(draft, dataDirectory);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return {
    objects: backup.state.objects.length,
    ...(etcd === undefined ? { revision: backup.state.revision + REVISION_BUMP } : {}),
    ...(movedTo === undefined ? {} : { movedTo }),
    missingKeys: missingKeys(backup.header.encryptionKeys, files),
  };
}

function placeDraft(draft: string, files: readonly BackupFile[]): void {
  try {
    makeDirectory(draft);
    placeFiles(draft, files);
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    throw new CommandError(`cannot write ${draft}: ${whyNotWritten(error)} (--data-dir)`);
  }
}

/** Files of the new data directory. @throws CommandError when the keys are neither in the backup nor named */
function filesOf({ header, files }: Backup, { file, pkiDirectory }: RestoreBackup): readonly BackupFile[] {
  if (header.holdsKeys) return files;
  if (pkiDirectory !== undefined) return [...files, ...readKeyFiles(pkiDirectory)];
  throw new CommandError(
    `${file} holds no keys, and without them nobody can read the cluster's Secrets or use its tokens: name the folder pki that was kept for it with --pki-dir`,
  );
}

/** Swaps the directories; answers where the old one is, when there was something in it. */
function putInPlace(draft: string, dataDirectory: string): string | undefined {
  let movedTo: string | undefined;
  try {
    if (!isEmptyDirectory(dataDirectory)) {
      movedTo = asideName(dataDirectory);
      renameSync(dataDirectory, movedTo);
    } else if (existsSync(dataDirectory)) rmdirSync(dataDirectory);
    renameSync(draft, dataDirectory);
    return movedTo;
  } catch (error) {
    if (movedTo !== undefined && !existsSync(dataDirectory)) renameSync(movedTo, dataDirectory);
    throw new CommandError(
      `cannot put ${dataDirectory} in place: ${errorMessage(error)}. It must be a directory that can be renamed, not a mount point: name one below it with --data-dir`,
    );
  }
}
