import { createSecretKey, type KeyObject } from "node:crypto";
import { errorMessage } from "../../../base/assert.ts";
import type { Clock } from "../../../base/clock.ts";
import type { Logger } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import { openGcm } from "../aes-gcm.ts";
import type { KmsConfiguration } from "../configuration.ts";
import { durationMs } from "../duration.ts";
import { openExtended, sealExtended } from "../extended-nonce.ts";
import type { Decrypted, ValueTransformer } from "../transformer.ts";
import { decodeEncryptedObject, type EncryptedObject, encodeEncryptedObject, SEED } from "./encrypted-object.ts";
import { followKeyService, type KeyState } from "./key-state.ts";
import { type KmsPlugin, openKmsPlugin } from "./plugin.ts";

/** Values under keys that a service keeps (KMS v2), and how that service is. */
export interface KmsProvider {
  readonly name: string;
  readonly transformer: ValueTransformer;
  /** What is wrong, or undefined. */
  health(): Promise<string | undefined>;
  stop(): void;
}

const DEFAULT_TIMEOUT_MS = 3000;
/** Keys that the service decrypted for us; there are about as many as it has had keys and this server has had starts. */
const CACHED_KEYS = 1000;

/**
 * Connects to the service. It need not be well: until it is, values that it must decrypt cannot be read, and none is written.
 * @throws Error for version 1 of the protocol, which upstream has switched off
 */
export async function startKmsProvider(
  config: KmsConfiguration,
  using: { clock: Clock; random: Random; log: Logger },
): Promise<KmsProvider> {
  if (config.apiVersion !== "v2") {
    throw new Error("KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead");
  }
  const timeoutMs = config.timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(config.timeout);
  const plugin = await openKmsPlugin({ endpoint: config.endpoint, timeoutMs });
  const state = await followKeyService(plugin, { name: config.name, ...using });
  return {
    name: config.name,
    transformer: kmsTransformer(config.name, { plugin, state, random: using.random }),
    health: () => state.health(),
    stop() {
      state.stop();
      plugin.close();
    },
  };
}

function kmsTransformer(name: string, by: { plugin: KmsPlugin; state: KeyState; random: Random }): ValueTransformer {
  const { plugin, state, random } = by;
  const prefix = `k8s:enc:kms:v2:${name}:`;
  const head = Buffer.from(prefix);
  const known = new Map<string, KeyObject>();
  const identity = (keyId: string): string => `${prefix}${keyId}`;

  function remember(cacheKey: string, key: KeyObject): KeyObject {
    if (known.size >= CACHED_KEYS) known.delete(known.keys().next().value!);
    known.set(cacheKey, key);
    return key;
  }

  async function ask(object: EncryptedObject, cacheKey: string): Promise<KeyObject> {
    try {
      const encrypted = { ...object, ciphertext: object.encryptedKey };
      return remember(cacheKey, createSecretKey(await plugin.decrypt(encrypted, random.uuid())));
    } catch (error) {
      throw new Error(`failed to decrypt DEK, error: ${errorMessage(error)}`);
    }
  }

  return {
    prefix,
    writeIdentity: () => identity(state.keyId()),
    encrypt(value, authenticated) {
      const { seed, encrypted } = state.writeKey();
      const data = sealExtended(value, { seed, authenticated, random });
      const object = { ...encrypted, data, encryptedKey: encrypted.ciphertext, keyType: SEED };
      remember(cacheKeyOf(object), seed);
      return Buffer.concat([head, encodeEncryptedObject(object)]);
    },
    decrypt(stored, authenticated) {
      const object = decodeEncryptedObject(stored.subarray(head.length));
      const cacheKey = cacheKeyOf(object);
      const open = (key: KeyObject): Decrypted => ({
        value: openWith(object, key, authenticated),
        identity: object.keyType === SEED ? identity(object.keyId) : `${identity(object.keyId)}:key`,
      });
      const key = known.get(cacheKey);
      return key === undefined ? ask(object, cacheKey).then(open) : open(key);
    },
  };
}

function openWith({ data, keyType }: EncryptedObject, key: KeyObject, authenticated: string): Buffer {
  return keyType === SEED ? openExtended(data, { seed: key, authenticated }) : openGcm(data, { key, authenticated });
}

function cacheKeyOf({ keyType, keyId, encryptedKey, annotations }: Omit<EncryptedObject, "data">): string {
  const notes = [...annotations]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, value.toString("base64")]);
  return JSON.stringify([keyType, keyId, encryptedKey.toString("base64"), notes]);
}
