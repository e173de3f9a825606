import type { Random } from "../../base/random.ts";
import { readRotation } from "../../bootstrap/pki/rotation.ts";
import { CommandError } from "../../cli/command.ts";
import type { Store } from "../../store/store.ts";
import { readEncryptionPhase } from "./encryption-exchange.ts";
import { ensureIdentity, type OwnIdentity } from "./own-identity.ts";
import type { OwnKeys } from "./plan.ts";
import { type Records, type ServerRecord, writeBox } from "./records.ts";
import { open, seal } from "./sealed-box.ts";
import { digestOf, readGeneration, readSharedFiles, replaceSharedFiles, type SharedFiles } from "./shared-files.ts";

/** Generation of a copy that does not say which it is: its keys must be the present ones. */
const COPY = 0;

/** What a server has, and who it is. */
export interface Own {
  readonly keys: OwnKeys;
  readonly files: SharedFiles;
  readonly identity: OwnIdentity;
}

/** Of a folder that has never taken part. The server was let in with its keys: at most what belongs to them is missing. */
export function firstGeneration(directory: string, { current }: Records): number {
  if (current === undefined) return 1;
  return digestOf(readSharedFiles(directory)) === current.digest ? current.generation : COPY;
}

export function ownKeys(directory: string, { random }: { random: Random }): Own {
  const files = readSharedFiles(directory);
  const generation = readGeneration(directory) ?? 1;
  const identity = ensureIdentity(directory, { files, generation }, random);
  const keys: OwnKeys = {
    id: identity.id,
    generation,
    digest: digestOf(files),
    remembers: new Set([COPY, ...Object.keys(identity.secrets).map(Number)]),
    rotation: readRotation(directory)?.phase,
    encryption: readEncryptionPhase(directory),
  };
  return { keys, files, identity };
}

export function recordOf({ keys, identity }: Own, name: string): ServerRecord {
  const { id, generation, digest } = keys;
  return { id, name, publicKey: identity.publicKey, generation, digest };
}

/** Puts the files that are here into a box for a server that has older ones. */
export async function sealFor(
  server: ServerRecord,
  { kept, own }: { kept: { store: Store; random: Random }; own: Own },
): Promise<void> {
  const { generation } = own.keys;
  const known = server.generation === COPY ? generation : server.generation;
  const secret = Buffer.from(own.identity.secrets[known]!, "base64");
  const about = aboutBox(server.id, server.generation, generation);
  const plain = Buffer.from(JSON.stringify(own.files));
  const box = seal(plain, { publicKey: server.publicKey, secret, about }, kept.random);
  await writeBox(kept.store, server.id, { from: server.generation, generation, ...box });
}

/**
 * Takes over the files in the box that lies there for this server.
 * @throws CommandError when it was sealed for other keys than these
 */
export function adopt(directory: string, { identity, keys }: Own, records: Records): void {
  const box = records.boxes.get(identity.id)!;
  const secret = Buffer.from(identity.secrets[keys.generation]!, "base64");
  const about = aboutBox(identity.id, box.from, box.generation);
  let plain: Buffer;
  try {
    plain = open(box, { privateKey: identity.privateKey, secret, about });
  } catch {
    throw new CommandError(
      `the keys of ${directory} are not those that this cluster had: use the folder pki of one of its servers (--pki-dir) with an empty --data-dir`,
    );
  }
  const files = JSON.parse(plain.toString()) as SharedFiles;
  if (digestOf(files) !== records.current?.digest)
    throw new Error("the keys that were handed over are not those announced");
  replaceSharedFiles(directory, files, box.generation);
}

const aboutBox = (id: string, from: number, generation: number): string => `${id} ${from} ${generation}`;
