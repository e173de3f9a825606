import { resolve } from "node:path";
import type { BackupRow, Restored } from "../backups.ts";
import { type Command, CommandError, type ExitCode, type Invocation, type Terminal } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption, text } from "../defaults.ts";
import { etcdOf, etcdOptions, pkiDirectoryOf } from "../etcd-options.ts";
import { tableText } from "../table-text.ts";
import { keepAlive } from "../wait.ts";

export const backupCommand: Command = {
  name: "backup",
  summary: "keep copies of a cluster, and make one anew from a copy",
  usage: "backup create|list|restore [FILE] [options]",
  actions: {
    create: "write a backup of objects and keys, also while the cluster runs",
    list: "backups of a folder, or the one FILE",
    restore: "make a cluster from the backup FILE, in an empty data directory",
  },
  parameter: "FILE",
  options: {
    "data-dir": dataDirectoryOption,
    output: {
      type: "string",
      short: "o",
      value: "FILE|DIR",
      description: "create: where to (default DIR-backups beside the data directory); list: text or json",
    },
    "without-keys": {
      type: "boolean",
      description: "with create: leave the folder pki out, whose keys open the cluster and its Secrets",
    },
    verify: {
      type: "boolean",
      description: "with list: read and check all of each, as a restore does; exit code 1 when one is damaged",
    },
    force: { type: "boolean", description: "with restore: move a data directory that is not empty aside" },
    ...etcdOptions,
  },
  examples: [
    "wherry backup create",
    "wherry backup list --verify",
    "wherry backup restore cluster.backup --data-dir ./new",
  ],
  async run(invocation: Invocation): Promise<ExitCode> {
    const [action, file] = invocation.parameters;
    if (action === "create") await create(invocation, file);
    else if (action === "list") return await list(invocation, file);
    else if (action === "restore") await restore(invocation, file);
    else throw new CommandError("say what to do: wherry backup create, list or restore FILE", 2);
    return 0;
  },
};

/** Beside the data directory, so that neither its loss nor `down --delete-data` takes the backups along. */
function backupDirectoryOf(invocation: Invocation): string {
  return `${dataDirectoryOf(invocation)}-backups`;
}

async function create(invocation: Invocation, extra: string | undefined): Promise<void> {
  const { program, terminal } = invocation;
  if (extra !== undefined) throw new CommandError(`"${extra}" is too much: name the file with --output`, 2);
  const output = text(invocation, "output");
  const written = await keepAlive(
    program.backups.create({
      dataDirectory: dataDirectoryOf(invocation),
      etcd: etcdOf(invocation),
      output: output === undefined ? `${backupDirectoryOf(invocation)}/` : absolute(output),
      withKeys: invocation.options["without-keys"] !== true,
    }),
  );
  terminal.print(written.file);
  terminal.say(`${written.objects} objects as of revision ${written.revision}, ${sizeText(written.bytes)}.`);
  terminal.say(
    written.holdsKeys === true
      ? "It holds the cluster's keys: whoever reads it is the cluster's administrator and reads its Secrets."
      : "It holds no keys: keep the folder pki of the data directory elsewhere, a restore needs it.",
  );
  sayMissing(invocation, written.missingKeys ?? []);
  sayLost(invocation, written.lost);
}

/** A folder's name may end with `/`, which resolve() would take away. */
function absolute(path: string): string {
  return resolve(path) + (path.endsWith("/") ? "/" : "");
}

async function list(invocation: Invocation, directory: string | undefined): Promise<ExitCode> {
  const { program, terminal } = invocation;
  const format = text(invocation, "output") ?? "text";
  if (format !== "text" && format !== "json") throw new CommandError(`--output is text or json, not "${format}"`, 2);
  const from = directory === undefined ? backupDirectoryOf(invocation) : resolve(directory);
  const verify = invocation.options.verify === true;
  const rows = await keepAlive(program.backups.list(from, { verify }));
  if (format === "json") terminal.print(JSON.stringify({ backups: rows }, null, 2));
  else if (rows.length === 0) terminal.say(`There are no backups in ${from}.`);
  else printRows(rows, terminal);
  const isSound = rows.length > 0 && rows.every(({ verified }) => verified === true);
  return verify && !isSound ? 1 : 0;
}

/** A file that is no backup, or half of one, stands for itself below the table: nothing of it is known. */
function printRows(rows: readonly BackupRow[], terminal: Terminal): void {
  const usable = rows.filter(({ problem }) => problem === undefined).map(cells);
  const head = ["FILE", "TIME", "REVISION", "OBJECTS", "SIZE", "CLUSTER", "KEYS"];
  if (usable.length > 0) terminal.print(tableText(head, usable));
  for (const { file, problem } of rows) {
    if (problem !== undefined) terminal.say(problem.includes(file) ? problem : `${file} cannot be read: ${problem}`);
  }
  const verified = rows.filter((row) => row.verified === true).length;
  if (verified > 0) terminal.say(`${verified} of ${rows.length} were read as a whole: each is as it was written.`);
}

function cells(row: BackupRow): string[] {
  const { file, bytes, createdAt = "" } = row;
  const time = createdAt.slice(0, 16).replace("T", " ");
  const keys = row.holdsKeys === true ? "yes" : "no";
  return [file, `${time} UTC`, String(row.revision), String(row.objects), sizeText(bytes), row.cluster ?? "", keys];
}

async function restore(invocation: Invocation, file: string | undefined): Promise<void> {
  const { program, terminal } = invocation;
  if (file === undefined) throw new CommandError("name the backup: wherry backup restore FILE", 2);
  const dataDirectory = dataDirectoryOf(invocation);
  const restored = await keepAlive(
    program.backups.restore({
      file: resolve(file),
      dataDirectory,
      etcd: etcdOf(invocation),
      pkiDirectory: pkiDirectoryOf(invocation),
      force: invocation.options.force === true,
    }),
  );
  if (restored.movedTo !== undefined) terminal.say(`What was in ${dataDirectory} is in ${restored.movedTo} now.`);
  terminal.say(restoredText(restored));
  sayMissing(invocation, restored.missingKeys);
  const etcd = etcdOf(invocation) === undefined ? "" : " and the same --etcd options";
  terminal.say(`Start the cluster with: wherry up --data-dir ${dataDirectory}${etcd}`);
}

export function restoredText({ objects, revision }: Restored): string {
  const where = revision === undefined ? "" : ` The store goes on after revision ${revision}; clients list anew.`;
  return `${objects} objects are restored.${where}`;
}

export function sayMissing({ terminal }: Invocation, missing: readonly string[]): void {
  if (missing.length === 0) return;
  terminal.say(
    `Some objects are encrypted with keys that are not here: ${missing.join(", ")}. Keep the encryption configuration that has them.`,
  );
}

export function sayLost({ terminal }: Invocation, lost: string | undefined): void {
  if (lost === undefined) return;
  terminal.say(`Acknowledged writes are missing in it, because the store has lost them: ${lost}.`);
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
