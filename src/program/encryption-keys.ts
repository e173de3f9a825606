import { join } from "node:path";
import type { EncryptionConfiguration } from "../apiserver/encryption/configuration.ts";
import { type Clock, formatTime } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { makePrivateDirectory, readText, syncDirectory, writePrivate } from "../bootstrap/pki/pki-files.ts";

/** The cluster's own encryption configuration, beside its other keys; upstream's API server reads it as well. */
export const ENCRYPTION_FILE = "encryption-configuration.json";
const KEY_BYTES = 32;

/** What is encrypted unless somebody says otherwise. */
const ENCRYPTED_RESOURCES = ["secrets"];

export function encryptionFile(dataDirectory: string): string {
  return join(dataDirectory, "pki", ENCRYPTION_FILE);
}

/** Makes the configuration with its first key if there is none; answers where it is. */
export function ensureEncryptionKeys(dataDirectory: string, by: { clock: Clock; random: Random }): string {
  const directory = join(dataDirectory, "pki");
  makePrivateDirectory(directory, "correct");
  if (readText(directory, ENCRYPTION_FILE) === undefined) write(dataDirectory, configurationOf([newKey(by)]));
  return encryptionFile(dataDirectory);
}

/**
 * Puts a new key before those that are there: values are written with it from then on, and those of before stay readable.
 * While an earlier rotation is not done, that one goes on and no further key is made.
 */
export function addEncryptionKey(dataDirectory: string, by: { clock: Clock; random: Random }): "added" | "under way" {
  const keys = encryptionKeys(dataDirectory);
  if (keys.length > 1) return "under way";
  write(dataDirectory, configurationOf([newKey(by), ...keys]));
  return "added";
}

/** Puts a new key behind those that are there: values that other servers write with it can be read. */
export function prepareEncryptionKey(dataDirectory: string, by: { clock: Clock; random: Random }): void {
  write(dataDirectory, configurationOf([...encryptionKeys(dataDirectory), newKey(by)]));
}

/** Values are written with the key that was prepared last. */
export function writeWithNewestKey(dataDirectory: string): void {
  const keys = encryptionKeys(dataDirectory);
  write(dataDirectory, configurationOf([keys.at(-1)!, ...keys.slice(0, -1)]));
}

/** Forgets all keys but the first and those that values still need. */
export function dropOldEncryptionKeys(dataDirectory: string, needed: (name: string) => boolean): void {
  const keys = encryptionKeys(dataDirectory);
  const kept = keys.filter(({ name }, index) => index === 0 || needed(name));
  if (kept.length < keys.length) write(dataDirectory, configurationOf(kept));
}

/** The names of the keys, the one that writes first; none when there is no configuration. */
export function encryptionKeyNames(dataDirectory: string): string[] {
  return readText(join(dataDirectory, "pki"), ENCRYPTION_FILE) === undefined
    ? []
    : encryptionKeys(dataDirectory).map(({ name }) => name);
}

interface Key {
  readonly name: string;
  readonly secret: string;
}

function encryptionKeys(dataDirectory: string): readonly Key[] {
  const text = readText(join(dataDirectory, "pki"), ENCRYPTION_FILE) ?? "";
  try {
    const keys = (JSON.parse(text) as EncryptionConfiguration).resources[0]!.providers[0]!.aesgcm!.keys;
    if (keys.length > 0) return keys;
  } catch {
    // Told below: whatever is wrong with the file, the answer is the same.
  }
  throw new Error(`${encryptionFile(dataDirectory)} is not as Wherry writes it: put back a good copy of it`);
}

function newKey({ clock, random }: { clock: Clock; random: Random }): Key {
  const name = `${formatTime(clock.now()).slice(0, 10)}-${random.suffix(6)}`;
  return { name, secret: random.bytes(KEY_BYTES).toString("base64") };
}

function configurationOf(keys: readonly Key[]): EncryptionConfiguration {
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ENCRYPTED_RESOURCES, providers: [{ aesgcm: { keys } }, { identity: {} }] }],
  };
}

function write(dataDirectory: string, config: EncryptionConfiguration): void {
  writePrivate(encryptionFile(dataDirectory), `${JSON.stringify(config, null, 2)}\n`, true);
  syncDirectory(join(dataDirectory, "pki"));
}
