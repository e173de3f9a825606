import { rmSync } from "node:fs";
import { join } from "node:path";
import { readText, syncDirectory, writePrivate } from "../../bootstrap/pki/pki-files.ts";

/**
 * How far an exchange of the key that encrypts Secrets is, where several servers share them:
 *
 * - begin: somebody asked for it.
 * - spread: the new key is there, behind the old one: everybody can read what is written with it.
 * - written: it stands first, everybody writes with it. When all servers have come so far, Secrets are written anew, and the
 *   old key goes, and this file.
 */
export type EncryptionPhase = "begin" | "spread" | "written";

export const ENCRYPTION_EXCHANGE_FILE = "encryption-rotation.json";

export function readEncryptionPhase(directory: string): EncryptionPhase | undefined {
  const text = readText(directory, ENCRYPTION_EXCHANGE_FILE);
  if (text === undefined) return undefined;
  const { phase } = JSON.parse(text) as { phase?: string };
  if (phase === "begin" || phase === "spread" || phase === "written") return phase;
  throw new Error(`${join(directory, ENCRYPTION_EXCHANGE_FILE)} is damaged: remove it on all servers, and begin again`);
}

export function writeEncryptionPhase(directory: string, phase: EncryptionPhase): void {
  writePrivate(join(directory, ENCRYPTION_EXCHANGE_FILE), `${JSON.stringify({ phase })}\n`, true);
  syncDirectory(directory);
}

export function endEncryptionExchange(directory: string): void {
  rmSync(join(directory, ENCRYPTION_EXCHANGE_FILE), { force: true });
  syncDirectory(directory);
}
