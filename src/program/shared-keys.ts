import { join } from "node:path";
import { makePrivateDirectory, readText, syncDirectory, writePrivate } from "../bootstrap/pki/pki-files.ts";
import { CommandError } from "../cli/command.ts";
import { readIdentity } from "./key-exchange/own-identity.ts";
import { GENERATION_FILE, SHARED_FILES } from "./key-exchange/shared-files.ts";

const NEEDED = ["ca.crt", "ca.key", "sa.key"];

/**
 * Copies the cluster's keys from the folder `pki` of another of its servers. Keys that are here already must be the same: a
 * server that changes its authority would be another cluster's.
 * @throws CommandError (2) that names the file
 */
export function copySharedKeys(from: string, dataDirectory: string): void {
  const to = join(dataDirectory, "pki");
  // It follows exchanges by itself, and the folder that it came from may not.
  if (readIdentity(to) !== undefined) return;
  const found = [...SHARED_FILES, GENERATION_FILE].map((file) => ({
    file,
    text: readText(from, file),
    own: readText(to, file),
  }));
  const missing = found.find(({ file, text }) => text === undefined && NEEDED.includes(file));
  if (missing !== undefined) {
    throw new CommandError(`there is no ${join(from, missing.file)}: --pki-dir is the folder pki of another server`, 2);
  }
  const other = found.find(({ text, own }) => text !== undefined && own !== undefined && text !== own);
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
