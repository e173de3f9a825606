import { STORAGE_ROOT } from "../apiserver/registry/storage-prefix.ts";
import { CommandError } from "../cli/command.ts";
import { neededKeys } from "../store/snapshot/needed-keys.ts";
import type { StateObject, StoreState } from "../store/snapshot/state.ts";
import type { Store } from "../store/store.ts";

/**
 * Encrypted values are tied to their whole key in etcd, and nobody who moves them need have the keys to write them anew. So what
 * was read below another prefix says which one that was, wherever it goes.
 */
const KEY = `${STORAGE_ROOT}wherry/moved-from`;

interface MovedFrom {
  /** What stood before the keys, `/kubernetes.io/`. */
  readonly roots: readonly string[];
}

/** What was read below a root of etcd, with a note of that where it matters. */
export function noteRoot(state: StoreState, root: string): StoreState {
  if (root === STORAGE_ROOT || neededKeys(state.objects).length === 0) return state;
  const before = state.objects.find(({ key }) => key === KEY);
  const roots = [...new Set([...(before === undefined ? [] : rootsIn(before.value)), root])];
  const note: StateObject = { key: KEY, value: Buffer.from(JSON.stringify({ roots })), revision: state.revision };
  return { ...state, objects: [...state.objects.filter((each) => each !== before), note] };
}

/** The roots below which values of this store may have been written. */
export async function formerRoots(raw: Store): Promise<readonly string[]> {
  const stored = await raw.get(KEY);
  return stored === undefined ? [] : rootsIn(stored.value);
}

function rootsIn(value: Buffer): readonly string[] {
  try {
    return (JSON.parse(value.toString()) as MovedFrom).roots;
  } catch {
    throw new CommandError(`the store holds under ${KEY} what Wherry did not write there: remove it`);
  }
}
