import { createHash, hkdfSync } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readText, syncDirectory, writePrivate } from "../../bootstrap/pki/pki-files.ts";
import { ENCRYPTION_FILE } from "../encryption-keys.ts";
import { ENCRYPTION_EXCHANGE_FILE } from "./encryption-exchange.ts";

const AUTHORITY_FILES = ["ca", "front-proxy-ca"].flatMap((name) => [
  `${name}.crt`,
  `${name}.key`,
  `${name}-old.crt`,
  `${name}-cross.crt`,
  `${name}-next.crt`,
  `${name}-next.key`,
]);

/** What all servers of a cluster have in common in their folder `pki`; everything else there is one machine's own. */
export const SHARED_FILES: readonly string[] = [
  ...AUTHORITY_FILES,
  "sa.key",
  "sa.pub",
  "sa-old.pub",
  "sa-next.key",
  "rotation.json",
  ENCRYPTION_FILE,
  ENCRYPTION_EXCHANGE_FILE,
];

/** How many times the files above have changed since the cluster began; goes with copies of them. */
export const GENERATION_FILE = "key-generation";
const INCOMING_FILE = "incoming-keys.json";
export const IDENTITY_FILE = "server-identity.json";
/** Name of a server that nobody is to wait for any more. */
export const FORGET_FILE = "forget-server";
/** Of one server alone: a copy of it is another one. */
export const OWN_FILES: readonly string[] = [IDENTITY_FILE, INCOMING_FILE, FORGET_FILE];

export type SharedFiles = Readonly<Record<string, string>>;

export function readSharedFiles(directory: string): SharedFiles {
  const found: Record<string, string> = {};
  for (const file of SHARED_FILES) {
    const text = readText(directory, file);
    if (text !== undefined) found[file] = text;
  }
  return found;
}

/** Tells nothing about what is in the files, and changes with any of them. */
export function digestOf(files: SharedFiles): string {
  const lines = SHARED_FILES.filter((file) => files[file] !== undefined).map((file) => [file, files[file]]);
  return createHash("sha256").update(JSON.stringify(lines)).digest("hex");
}

/** What all who have the folder know, and nobody else. */
export function commonSecret(files: SharedFiles): Buffer {
  const material = JSON.stringify([files["ca.key"], files["sa.key"]]);
  return Buffer.from(hkdfSync("sha256", material, "", "wherry servers", 32));
}

export function readGeneration(directory: string): number | undefined {
  const text = readText(directory, GENERATION_FILE);
  return text === undefined || !/^\d+\n$/.test(text) ? undefined : Number(text);
}

export function writeGeneration(directory: string, generation: number): void {
  writePrivate(join(directory, GENERATION_FILE), `${generation}\n`, true);
  syncDirectory(directory);
}

/** Puts all files in place, as one step: after a crash in the middle, finishIncoming goes on with it. */
export function replaceSharedFiles(directory: string, files: SharedFiles, generation: number): void {
  writePrivate(join(directory, INCOMING_FILE), JSON.stringify({ files, generation }), true);
  syncDirectory(directory);
  finishIncoming(directory);
}

export function finishIncoming(directory: string): void {
  const text = readText(directory, INCOMING_FILE);
  if (text === undefined) return;
  const { files, generation } = JSON.parse(text) as { files: SharedFiles; generation: number };
  for (const file of SHARED_FILES) {
    const content = files[file];
    if (content === undefined) rmSync(join(directory, file), { force: true });
    else if (content !== readText(directory, file)) writePrivate(join(directory, file), content, true);
  }
  writeGeneration(directory, generation);
  rmSync(join(directory, INCOMING_FILE));
  syncDirectory(directory);
}
