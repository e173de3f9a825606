import { readFileSync } from "node:fs";
import { aggregate } from "../../api/go-text.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { ReloadResult } from "../metrics/encryption-metrics.ts";
import type { AuthenticatedKeys } from "./authenticated-keys.ts";
import { type EncryptionConfiguration, type GroupResource, parseEncryptionConfiguration } from "./configuration.ts";
import { createEncryption, type Encryption } from "./encryption.ts";
import { type KmsProvider, startKmsProvider } from "./kms/provider.ts";
import { type BuiltProviders, buildProviders } from "./providers.ts";
import { resourceKeys } from "./resource-keys.ts";
import { validateEncryptionConfiguration } from "./validate-configuration.ts";

export interface FollowedConfiguration {
  readonly encryption: Encryption;
  /** What is in use. */
  current(): EncryptionConfiguration;
  /** What is wrong with a key service, or undefined. */
  health(): Promise<string | undefined>;
  /** Whether key services are asked at all. */
  readonly hasKeyServices: boolean;
  /** Calls back when another configuration is in use. */
  onChange(listener: (config: EncryptionConfiguration) => void): void;
  /** Looks now whether the file has changed, and resolves when what it says is in use. */
  look(): Promise<void>;
  stop(): void;
}

/** How soon a changed file is noticed. */
const LOOK_MS = 2000;
/** Calls to a key service that is no longer used may still be under way. */
const FAREWELL_MS = 30_000;

/**
 * Encryption as a configuration file says, and as it says after each change when `follow` is set: a file that is no good is
 * logged, and what was in use stays in use.
 * @throws Error when the file is missing or wrong at the start
 */
export async function followEncryptionConfiguration(options: {
  readonly file: string;
  readonly follow: boolean;
  readonly resources: readonly GroupResource[];
  /** The keys that values are tied to. */
  readonly tiedTo?: AuthenticatedKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told of every changed file: whether what it says is in use now. */
  readonly reloaded?: ((result: ReloadResult) => void) | undefined;
}): Promise<FollowedConfiguration> {
  const { file, clock, log } = options;
  const build = (config: EncryptionConfiguration): Promise<BuiltProviders> =>
    buildProviders(config, { ...options, startKms: (kms) => startKmsProvider(kms, options) });
  let text = read(file);
  let config = await checked(file, text);
  let built = await build(config);
  const encryption = createEncryption(resourceKeys(options.resources), built.transformers, options.tiedTo);
  const listeners: ((config: EncryptionConfiguration) => void)[] = [];
  let isStopped = false;
  let timer = clock.setTimer(glance, LOOK_MS);
  if (!options.follow) timer.cancel();

  let work: Promise<void> = Promise.resolve();

  function glance(): void {
    void look().then(() => {
      if (!isStopped) timer = clock.setTimer(glance, LOOK_MS);
    });
  }

  function look(): Promise<void> {
    work = work.then(reload);
    return work;
  }

  async function reload(): Promise<void> {
    try {
      const next = read(file);
      if (next === text) return;
      text = next;
      const parsed = await checked(file, next);
      const before = built;
      built = await build(parsed);
      if (isStopped) return stopAll(built.kms);
      config = parsed;
      encryption.use(built.transformers);
      clock.setTimer(() => stopAll(before.kms), FAREWELL_MS);
      log.info("another encryption configuration is in use", { file });
      options.reloaded?.("success");
      for (const listener of listeners) listener(parsed);
    } catch (error) {
      options.reloaded?.("failure");
      log.error("the encryption configuration cannot be used; the one before stays in use", { error });
    }
  }

  return {
    encryption,
    current: () => config,
    hasKeyServices: options.follow || built.kms.length > 0,
    health: () => healthOf(built.kms),
    onChange: (listener) => void listeners.push(listener),
    look,
    stop() {
      isStopped = true;
      timer.cancel();
      stopAll(built.kms);
    },
  };
}

/** One after the other, by upstream's names: all of them count as one check. */
async function healthOf(providers: readonly KmsProvider[]): Promise<string | undefined> {
  const problems: string[] = [];
  for (const [index, provider] of providers.entries()) {
    const problem = await provider.health();
    if (problem !== undefined) problems.push(`kms-provider-${index}: ${problem}`);
  }
  return problems.length === 0 ? undefined : aggregate(problems);
}

function stopAll(providers: readonly KmsProvider[]): void {
  for (const provider of providers) provider.stop();
}

async function checked(file: string, text: string): Promise<EncryptionConfiguration> {
  let config: EncryptionConfiguration;
  try {
    config = await parseEncryptionConfiguration(text);
  } catch (error) {
    throw new Error(`${file} is no encryption configuration: ${errorMessage(error)}`);
  }
  const errors = validateEncryptionConfiguration(config);
  if (errors.length === 0) return config;
  throw new Error(`${file}: ${errors.map(({ field, message }) => `${field}: ${message}`).join("; ")}`);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`cannot read the encryption configuration ${file}: ${errorMessage(error)}`);
  }
}
