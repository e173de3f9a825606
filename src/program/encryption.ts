import { loadSchema } from "../api/schema-data.ts";
import type { EncryptionSettings } from "../api/server-settings.ts";
import { authenticatedKeys } from "../apiserver/encryption/authenticated-keys.ts";
import { encryptedStore } from "../apiserver/encryption/encrypted-store.ts";
import type { Encryption } from "../apiserver/encryption/encryption.ts";
import {
  type FollowedConfiguration,
  followEncryptionConfiguration,
} from "../apiserver/encryption/follow-configuration.ts";
import { resourceKeys } from "../apiserver/encryption/resource-keys.ts";
import { rewriteStale } from "../apiserver/encryption/rewrite.ts";
import type { HealthCheck } from "../apiserver/handlers/health.ts";
import { countedReloads } from "../apiserver/metrics/encryption-metrics.ts";
import { measuredEncryption } from "../apiserver/metrics/transformation-metrics.ts";
import { STORAGE_ROOT, storagePrefix } from "../apiserver/registry/storage-prefix.ts";
import { errorMessage } from "../base/assert.ts";
import { CommandError } from "../cli/command.ts";
import type { Store, StoredValue } from "../store/store.ts";
import { dropOldEncryptionKeys, encryptionFile, encryptionKeyNames, ensureEncryptionKeys } from "./encryption-keys.ts";
import type { Environment } from "./environment.ts";
import { formerRoots } from "./moved-values.ts";
import { requireReadable } from "./readable-at-start.ts";

export interface EncryptionOptions extends EncryptionSettings {
  readonly dataDirectory: string;
  /** Other servers have the same keys: old ones are forgotten only when somebody says that all have followed. */
  readonly isShared?: boolean;
  /** Where in etcd the objects are; `/registry` when absent, as for engines that keep keys as they are. */
  readonly etcdPrefix?: string | undefined;
  /** What tells this server from others. */
  readonly server?: string;
}

type EncryptionEnvironment = Pick<Environment, "clock" | "random" | "log"> & Partial<Pick<Environment, "metrics">>;

export interface EncryptedStore {
  /** Closes the engine, too. */
  readonly store: Store;
  readonly checks: readonly HealthCheck[];
  /** Resolves when a changed configuration is in use. */
  look(): Promise<void>;
  /** Encrypts all Secrets with the first key, and forgets the others. Nothing where the configuration is somebody's own. */
  rewriteSecrets(): Promise<void>;
}

const SECRETS = storagePrefix("", "secrets");
/** A start has better things to do first. */
const FIRST_REWRITE_MS = 10_000;
const RETRY_MS = 60_000;

/** Puts encryption at rest before an engine. The cluster's own keys are rotated by writing a new one into their file. */
export async function encryptStore(
  raw: Store,
  options: EncryptionOptions,
  environment: EncryptionEnvironment,
): Promise<EncryptedStore> {
  try {
    return await open(raw, options, environment);
  } catch (error) {
    await raw.close();
    throw error;
  }
}

async function open(
  raw: Store,
  options: EncryptionOptions,
  environment: EncryptionEnvironment,
): Promise<EncryptedStore> {
  const { clock, random, metrics } = environment;
  const { server = "" } = options;
  const isOwn = options.providerConfig === undefined;
  const log = environment.log.named("encryption");
  const file = options.providerConfig ?? (await ownConfiguration(raw, options, environment));
  const roots = [...new Set([...rootOf(options), STORAGE_ROOT, ...(await formerRoots(raw))])] as [string, ...string[]];
  const followed = await followEncryptionConfiguration({
    file,
    follow: isOwn || options.automaticReload === true,
    resources: loadSchema().resources,
    tiedTo: authenticatedKeys(roots),
    clock,
    random,
    log,
    reloaded: isOwn || metrics === undefined ? undefined : countedReloads(metrics, { server, clock }),
  });
  const encryption =
    metrics === undefined
      ? followed.encryption
      : measuredEncryption(followed.encryption, { metrics, clock, resourceOf: resourceNames() });
  const store = encryptedStore(raw, encryption);
  try {
    await requireReadable(store, file);
  } catch (error) {
    followed.stop();
    throw error;
  }
  const rewriting = isOwn
    ? keepRewriting({ raw, store, followed, options, environment, mayBeMoved: roots.length > 1 })
    : undefined;
  const check: HealthCheck = { name: "kms-providers", check: () => followed.health() };
  return {
    store: {
      ...store,
      async close() {
        followed.stop();
        await rewriting?.stop();
        await store.close();
      },
    },
    checks: !isOwn && followed.hasKeyServices ? [check] : [],
    look: () => followed.look(),
    rewriteSecrets: async () => rewriting?.all(),
  };
}

/** Resources of keys as upstream's metrics name them. */
function resourceNames(): (key: string) => string {
  const keys = resourceKeys(loadSchema().resources);
  return (key) => {
    const { group, resource } = keys.resourceOf(keys.prefixOf(key));
    return group === "" ? resource : `${resource}.${group}`;
  };
}

const rootOf = ({ etcdPrefix }: EncryptionOptions): string[] => (etcdPrefix === undefined ? [] : [`${etcdPrefix}/`]);

/** Every provider's values begin so. */
const ENCRYPTED = Buffer.from("k8s:enc:");

/** @throws CommandError when the keys are gone with which Secrets are encrypted: no new key could read them */
async function ownConfiguration(
  raw: Store,
  { dataDirectory }: EncryptionOptions,
  environment: EncryptionEnvironment,
): Promise<string> {
  if (encryptionKeyNames(dataDirectory).length === 0) {
    const { items } = await raw.list({ prefix: SECRETS });
    if (items.some(({ value }) => value.subarray(0, ENCRYPTED.length).equals(ENCRYPTED))) {
      throw new CommandError(
        `${encryptionFile(dataDirectory)} is missing, and Secrets of this cluster are encrypted with a key that was in it: put a copy of it back (backups have one), or start with --encryption-provider-config to do without those Secrets`,
      );
    }
  }
  return ensureEncryptionKeys(dataDirectory, environment);
}

interface Rewritten {
  readonly raw: Store;
  readonly store: Store;
  readonly followed: FollowedConfiguration;
  readonly options: EncryptionOptions;
  readonly environment: EncryptionEnvironment;
  /** Values may be tied to keys that they had elsewhere. */
  readonly mayBeMoved: boolean;
}

/**
 * Brings all Secrets under the newest key, at the start and after each change, and then forgets the older ones. Where servers
 * share the keys, an exchange is carried out only when it is asked for.
 */
function keepRewriting(of: Rewritten): { all(): Promise<void>; stop(): Promise<void> } {
  const { clock, log } = of.environment;
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let timer = clock.setTimer(start, FIRST_REWRITE_MS);
  of.followed.onChange(start);

  function start(): void {
    timer.cancel();
    running = running.then(work);
  }

  async function work(): Promise<void> {
    if (stopping.signal.aborted || (of.options.isShared === true && keysOf(of).length > 1)) return;
    try {
      await rewriteAll(of, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return;
      log.named("encryption").warn("encrypting anew is not done and goes on", { error: errorMessage(error) });
      timer = clock.setTimer(start, RETRY_MS);
    }
  }

  return {
    all() {
      const asked = running.then(() => rewriteAll(of, stopping.signal));
      running = asked.catch(() => undefined);
      return asked;
    },
    async stop() {
      stopping.abort();
      timer.cancel();
      await running;
    },
  };
}

const keysOf = (of: Rewritten) => of.followed.current().resources[0]?.providers[0]?.aesgcm?.keys ?? [];

async function rewriteAll(of: Rewritten, signal: AbortSignal): Promise<void> {
  const log = of.environment.log.named("encryption");
  const keys = keysOf(of);
  const isUnder = ({ value }: StoredValue, name: string): boolean =>
    value.toString("latin1", 0, 200).startsWith(`k8s:enc:aesgcm:v1:${name}:`);
  const isWrittenNow = (stored: StoredValue): boolean =>
    isUnder(stored, keys[0]?.name ?? "") && !(of.mayBeMoved && isMoved(stored, of.followed.encryption));
  const result = await rewriteStale(
    { raw: of.raw, encrypted: of.store },
    { prefixes: [SECRETS], isWrittenNow, signal },
  );
  if (result.written > 0) log.info("Secrets were encrypted anew", { count: result.written });
  if (result.unreadable.length > 0) {
    log.error("Secrets cannot be read: the key that they were encrypted with is gone", {
      count: result.unreadable.length,
      first: result.unreadable[0],
    });
  }
  if (keys.length < 2) return;
  // What was encrypted with the old key is history then: nobody can ask for it any more.
  await of.raw.compact(result.revision);
  const unreadable = await Promise.all(result.unreadable.map((key) => of.raw.get(key)));
  dropOldEncryptionKeys(of.options.dataDirectory, (name) =>
    unreadable.some((stored) => stored !== undefined && isUnder(stored, name)),
  );
  log.info("the old encryption keys are forgotten");
}

/** Whether a value was written under another key of the store than it has now. Values of the cluster's own keys are read at once. */
function isMoved({ key, value }: StoredValue, encryption: Encryption): boolean {
  try {
    const answer = encryption.decrypt(value, key);
    return !(answer instanceof Promise) && answer.identity !== encryption.writeIdentity(key);
  } catch {
    // That it cannot be read is told when it is to be written anew.
    return true;
  }
}
