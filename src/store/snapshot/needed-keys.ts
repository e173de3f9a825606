import type { StateObject } from "./state.ts";

/** Upstream's mark of an encrypted value: provider, version, and the name of the key (staging/src/k8s.io/apiserver value/encrypt). */
const MARK = "k8s:enc:";
const MARK_BYTES_MAXIMUM = 256;

/** Names of the keys by which values are encrypted, `<provider>:<name>`, in order. */
export function neededKeys(objects: readonly StateObject[]): string[] {
  const names = new Set<string>();
  for (const { value } of objects) {
    if (value[0] !== 0x6b || value.toString("latin1", 0, MARK.length) !== MARK) continue;
    const [provider, , name] = value.toString("latin1", MARK.length, MARK_BYTES_MAXIMUM).split(":");
    names.add(`${provider}:${name}`);
  }
  return [...names].sort();
}
