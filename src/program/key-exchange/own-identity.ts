import { join } from "node:path";
import type { Random } from "../../base/random.ts";
import { readText, syncDirectory, writePrivate } from "../../bootstrap/pki/pki-files.ts";
import { type BoxKey, newBoxKey } from "./sealed-box.ts";
import { commonSecret, IDENTITY_FILE, type SharedFiles } from "./shared-files.ts";

/** By what a server is known to the others, and what it remembers for those that come back late. Never leaves the machine. */
export interface OwnIdentity extends BoxKey {
  readonly id: string;
  /** The common secret of each of the last generations, base64. */
  readonly secrets: Readonly<Record<string, string>>;
}

const REMEMBERED = 16;

export function readIdentity(directory: string): OwnIdentity | undefined {
  const text = readText(directory, IDENTITY_FILE);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as OwnIdentity;
  } catch {
    throw new Error(
      `${join(directory, IDENTITY_FILE)} is damaged: remove it, and this server is a new one to the others`,
    );
  }
}

/** The identity, made when there is none, with the secret of these files remembered. */
export function ensureIdentity(
  directory: string,
  now: { files: SharedFiles; generation: number },
  random: Random,
): OwnIdentity {
  const stored = readIdentity(directory);
  const identity = stored ?? { id: random.uuid(), ...newBoxKey(), secrets: {} };
  // Once: when the files change, those who still have them as they were know only the secret of before.
  if (stored?.secrets[now.generation] !== undefined) return stored;
  const secret = commonSecret(now.files).toString("base64");
  const secrets: Record<string, string> = { ...identity.secrets, [now.generation]: secret };
  for (const generation of Object.keys(secrets)) {
    if (Number(generation) <= now.generation - REMEMBERED) delete secrets[generation];
  }
  const next = { ...identity, secrets };
  writePrivate(join(directory, IDENTITY_FILE), JSON.stringify(next), true);
  syncDirectory(directory);
  return next;
}
