import { errorMessage } from "../../base/assert.ts";
import { STORAGE_ROOT } from "../registry/storage-prefix.ts";
import { type AuthenticatedKeys, authenticatedKeys, decryptTied } from "./authenticated-keys.ts";
import { identityTransformer } from "./identity.ts";
import type { TransformersByResource } from "./providers.ts";
import type { ResourceKeys } from "./resource-keys.ts";
import { type Decrypted, isEncrypted, startsWith, type ValueTransformer } from "./transformer.ts";

/** How values are written to the store and read from it now. The configuration behind it may change at any time. */
export interface Encryption {
  encrypt(value: Buffer, key: string): Buffer;
  /** @throws Error (or rejects) that names the key and says why it cannot be read */
  decrypt(stored: Buffer, key: string): Decrypted | Promise<Decrypted>;
  /** What a value under this key would be written under. */
  writeIdentity(key: string): string;
  /** Whether values under this prefix are written encrypted. */
  encrypts(prefix: string): boolean;
  /** Whether a plain value under this key is read: without an identity provider whoever writes to the disk could slip one in. */
  readsPlain(key: string): boolean;
  use(transformers: TransformersByResource): void;
}

const PLAIN: readonly ValueTransformer[] = [identityTransformer];

/**
 * @param initial what is in use from the start; nothing is encrypted when absent
 * @param tiedTo the keys that values are tied to: those that are asked for, when absent
 */
export function createEncryption(
  keys: ResourceKeys,
  initial: TransformersByResource = new Map(),
  tiedTo: AuthenticatedKeys = authenticatedKeys([STORAGE_ROOT]),
): Encryption {
  let transformers = initial;
  let isStrict = false;
  /** By prefix, as keys of a few resources come again and again. */
  let chosen = new Map<string, readonly ValueTransformer[]>();

  function byPrefix(prefix: string): readonly ValueTransformer[] {
    const known = chosen.get(prefix);
    if (known !== undefined) return known;
    const { group, resource } = keys.resourceOf(prefix);
    const found =
      transformers.get(`${group}/${resource}`) ?? transformers.get(`${group}/*`) ?? transformers.get("*/*") ?? PLAIN;
    chosen.set(prefix, found);
    return found;
  }
  const of = (key: string): readonly ValueTransformer[] => byPrefix(keys.prefixOf(key));
  const writer = (key: string): ValueTransformer => of(key)[0] ?? identityTransformer;

  use(initial);
  return {
    encrypt: (value, key) => writer(key).encrypt(value, tiedTo(key)[0]),
    decrypt: (stored, key) => decryptWith(of(key), { stored, key, tiedTo: tiedTo(key) }),
    writeIdentity: (key) => writer(key).writeIdentity(),
    encrypts: (prefix) => byPrefix(prefix)[0] !== identityTransformer,
    readsPlain: (key) => !isStrict || of(key).includes(identityTransformer),
    use,
  };

  function use(next: TransformersByResource): void {
    transformers = next;
    chosen = new Map();
    isStrict = [...next.values()].some((each) => !each.includes(identityTransformer));
  }
}

interface StoredUnder {
  readonly stored: Buffer;
  readonly key: string;
  readonly tiedTo: ReturnType<AuthenticatedKeys>;
}

function decryptWith(transformers: readonly ValueTransformer[], of: StoredUnder): Decrypted | Promise<Decrypted> {
  const fitting = transformers.filter(({ prefix }) => startsWith(of.stored, prefix));
  const [first] = fitting;
  if (first === undefined || (first.prefix === "" && isEncrypted(of.stored) && fitting.length === 1)) {
    throw unreadable(of.key, "no matching prefix found", of.stored);
  }
  return tryEach(fitting, of);
}

/** Two keys of one name may be in use while one replaces the other: the next one is asked when the first cannot. */
function tryEach([first, ...rest]: readonly ValueTransformer[], of: StoredUnder): Decrypted | Promise<Decrypted> {
  const failed = (error: unknown): Decrypted | Promise<Decrypted> => {
    const next = rest.filter(({ prefix }) => prefix !== "");
    if (next.length > 0) return tryEach(next, of);
    throw unreadable(of.key, errorMessage(error), of.stored);
  };
  try {
    const answer = decryptTied(first!, of.stored, of.tiedTo);
    return answer instanceof Promise ? answer.catch(failed) : answer;
  } catch (error) {
    return failed(error);
  }
}

/** Upstream's words, and which key the value was written with: that is what somebody must find again. */
function unreadable(key: string, why: string, stored: Buffer): Error {
  const written = /^k8s:enc:[a-z]+:v[12]:[^:]*:/.exec(stored.toString("latin1", 0, 300))?.[0];
  const hint = written === undefined ? "" : `; it was written with ${written.slice(0, -1)}`;
  return new Error(`unable to transform key "${key}": ${why}${hint}`);
}
