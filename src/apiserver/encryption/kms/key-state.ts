import { createSecretKey, type KeyObject } from "node:crypto";
import { aggregate } from "../../../api/go-text.ts";
import { errorMessage } from "../../../base/assert.ts";
import type { Clock } from "../../../base/clock.ts";
import type { Logger } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import { checkEncryptedKey } from "./encrypted-object.ts";
import type { KmsEncrypted, KmsPlugin } from "./plugin.ts";

/** The seed that this process writes with, and the form of it that only the service can read. */
export interface WriteKey {
  readonly seed: KeyObject;
  readonly encrypted: KmsEncrypted;
}

export interface KeyState {
  /** @throws Error when the service has not answered for too long: what it cannot vouch for is not written */
  writeKey(): WriteKey;
  /** The service's current key, by its name; empty while it is not known. */
  keyId(): string;
  /** What is wrong, or undefined: as of now, or as it was said moments ago. */
  health(): Promise<string | undefined>;
  stop(): void;
}

const SEED_BYTES = 32;
const POLL_WELL_MS = 60_000;
const POLL_ILL_MS = 10_000;
/** An answer holds for so long for who asks how the service is (upstream's TTLs of its health check). */
const HOLDS_WELL_MS = 20_000;
const HOLDS_ILL_MS = 3000;
/** A seed may be written with for so long after the service last named its key (upstream: 3 minutes). */
const GRACE_MS = 3 * 60_000;

/** Follows a key service: a new key there means a new seed here. Resolves when the service has been asked once. */
export async function followKeyService(
  plugin: KmsPlugin,
  options: { name: string; clock: Clock; random: Random; log: Logger },
): Promise<KeyState> {
  const { name, clock, random, log } = options;
  let current: WriteKey | undefined;
  let keyId = "";
  let goodUntil = 0;
  let problem: string | undefined = "the key service has not been asked yet";
  let holdsUntil = 0;
  let asking: Promise<string | undefined> | undefined;
  let isStopped = false;
  let timer = clock.setTimer(() => {}, 0);

  async function ask(): Promise<void> {
    const goodFrom = clock.monotonic();
    const status = await plugin.status().catch((error: unknown) => {
      throw new Error(
        `failed to perform status section of the healthz check for KMS Provider ${name}, error: ${errorMessage(error)}`,
        { cause: error },
      );
    });
    const problems = problemsOf(status);
    if (status.keyId !== "") {
      // As upstream: a service that says that it is ill and still encrypts is written with.
      await useKey(status.keyId, goodFrom).catch((error: unknown) => problems.push(errorMessage(error)));
    }
    if (problems.length > 0) throw new Error(`kmsv2 Provider ${name} is not healthy, error: ${aggregate(problems)}`);
  }

  async function useKey(expected: string, goodFrom: number): Promise<void> {
    if (current === undefined || current.encrypted.keyId !== expected) current = await newKey(expected);
    keyId = current.encrypted.keyId;
    goodUntil = goodFrom + GRACE_MS;
  }

  async function newKey(expected: string): Promise<WriteKey> {
    const seed = random.bytes(SEED_BYTES);
    const encrypted = await plugin.encrypt(seed, random.uuid());
    checkEncryptedKey({ ...encrypted, encryptedKey: encrypted.ciphertext });
    if (encrypted.keyId !== expected) {
      throw new Error(`the key service says that its key is "${expected}", and encrypted with "${encrypted.keyId}"`);
    }
    return { seed: createSecretKey(seed), encrypted };
  }

  /** Asks now. As upstream, who caused the question hears where it failed, and who asks soon after only the failure. */
  async function refresh(): Promise<string | undefined> {
    let told: string | undefined;
    try {
      await ask();
      if (problem !== undefined) log.info("the key service is well", { provider: name });
      problem = undefined;
    } catch (error) {
      told = errorMessage(error);
      problem = errorMessage((error as Error).cause ?? error);
      log.warn("the key service is not well", { provider: name, error: told });
    }
    holdsUntil = clock.monotonic() + (problem === undefined ? HOLDS_WELL_MS : HOLDS_ILL_MS);
    return told;
  }

  /** All who ask meanwhile hear the same answer. */
  function look(): Promise<string | undefined> {
    asking ??= refresh().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  /** Goes its own way, whoever else asks: a new key there must not wait for that. */
  async function poll(): Promise<void> {
    await look();
    if (!isStopped) timer = clock.setTimer(() => void poll(), problem === undefined ? POLL_WELL_MS : POLL_ILL_MS);
  }

  await poll();
  return {
    writeKey() {
      if (current === undefined) throw new Error(`the key service ${name} has given no key: ${problem ?? ""}`);
      if (clock.monotonic() > goodUntil) {
        throw new Error(
          `the key service ${name} has not been well for too long to write with its key: ${problem ?? ""}`,
        );
      }
      return current;
    },
    keyId: () => keyId,
    health: async () => (asking === undefined && clock.monotonic() < holdsUntil ? problem : look()),
    stop() {
      isStopped = true;
      timer.cancel();
    },
  };
}

function problemsOf(status: { healthz: string; version: string; keyId: string }): string[] {
  const problems: string[] = [];
  if (status.healthz !== "ok") problems.push(`got unexpected healthz status: ${status.healthz}`);
  if (status.version !== "v2" && status.version !== "v2beta1") {
    problems.push(`expected KMSv2 API version v2, got ${status.version}`);
  }
  if (status.keyId === "") problems.push('got invalid KMSv2 KeyID hash "": keyID is empty');
  return problems;
}
