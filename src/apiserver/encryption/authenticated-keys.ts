import { STORAGE_ROOT } from "../registry/storage-prefix.ts";
import { AuthenticationError } from "./aes-gcm.ts";
import type { Decrypted, ValueTransformer } from "./transformer.ts";

/**
 * The keys that the value under a key may be tied to: first the one that the engine has it under, to which it is tied when it is
 * written (upstream: the whole key in etcd), then those that it may have been written under elsewhere.
 */
export type AuthenticatedKeys = (key: string) => readonly [string, ...string[]];

/** @param roots what stands before all keys, such as `/registry/`; the one in use comes first */
export function authenticatedKeys(roots: readonly [string, ...string[]]): AuthenticatedKeys {
  const [current, ...former] = [...new Set(roots)] as [string, ...string[]];
  return (key) => {
    if (!key.startsWith(STORAGE_ROOT)) return [key];
    const rest = key.slice(STORAGE_ROOT.length);
    return [current + rest, ...former.map((root) => root + rest)];
  };
}

/** Decrypts a value that is tied to one of the keys. One that is not tied to the first was not written as it would be now. */
export function decryptTied(
  transformer: ValueTransformer,
  stored: Buffer,
  [key, ...others]: readonly [string, ...string[]],
): Decrypted | Promise<Decrypted> {
  const [other, ...more] = others;
  if (other === undefined) return transformer.decrypt(stored, key);
  const otherwise = (error: unknown): Decrypted | Promise<Decrypted> => {
    if (!(error instanceof AuthenticationError)) throw error;
    const answer = decryptTied(transformer, stored, [other, ...more]);
    return answer instanceof Promise ? answer.then(moved) : moved(answer);
  };
  try {
    const answer = transformer.decrypt(stored, key);
    return answer instanceof Promise ? answer.catch(otherwise) : answer;
  } catch (error) {
    return otherwise(error);
  }
}

const moved = ({ value, identity }: Decrypted): Decrypted => ({ value, identity: `${identity}:moved` });
