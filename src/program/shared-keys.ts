import { join } from "node:path";
import { makePrivateDirectory, readText, syncDirectory, writePrivate } from "../bootstrap/pki/pki-files.ts";
import { CommandError } from "../cli/command.ts";
import { ENCRYPTION_FILE } from "./encryption-keys.ts";

/** What all servers of a cluster have in common; everything else in the folder is of one machine, and is made there. */
const SHARED = [
  "ca.crt",
  "ca.key",
  "front-proxy-ca.crt",
  "front-proxy-ca.key",
  "sa.key",
  "sa.pub",
  ENCRYPTION_FILE,
] as const;
const NEEDED = ["ca.crt", "ca.key", "sa.key"];

/**
 * Copies the cluster's keys from the folder `pki` of another of its servers. Keys that are here already must be the same: a
 * server that changes its authority would be another cluster's.
 * @throws CommandError (2) that names the file
 */
export function copySharedKeys(from: string, dataDirectory: string): void {
  const to = join(dataDirectory, "pki");
  const found = SHARED.map((file) => ({ file, text: readText(from, file), own: readText(to, file) }));
  const missing = found.find(({ file, text }) => text === undefined && NEEDED.includes(file));
  if (missing !== undefined) {
    throw new CommandError(`there is no ${join(from, missing.file)}: --pki-dir is the folder pki of another server`, 2);
  }
  // Encryption keys are rotated on each server for itself.
  const other = found.find(
    ({ file, text, own }) => file !== ENCRYPTION_FILE && text !== undefined && own !== undefined && text !== own,
  );
  if (other !== undefined) {
    throw new CommandError(
      `${join(to, other.file)} and ${join(from, other.file)} differ: this data directory belongs to another cluster`,
      2,
    );
  }
  makePrivateDirectory(to, "correct");
  for (const { file, text, own } of found) {
    if (text !== undefined && own === undefined) writePrivate(join(to, file), text, true);
  }
  syncDirectory(to);
}
