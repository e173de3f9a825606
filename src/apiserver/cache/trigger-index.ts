import type { SortedMap } from "../../base/sorted-map.ts";
import { nextTurn } from "../../base/turn.ts";
import type { CacheEntry } from "./entry.ts";

/** So many objects may have to be parsed before others have their turn. */
const SLICE = 200;

/**
 * Entries by the value of the trigger field, so that a kubelet's list costs what its node holds and not what the cluster
 * holds. It is built when somebody first asks, because it has to look into every object, and kept current from then on.
 */
export class TriggerIndex {
  readonly #triggerOf: (entry: CacheEntry) => string | undefined;
  readonly #triggers = new Map<string, string>();
  readonly #keys = new Map<string, Set<string>>();
  #building: Promise<void> | undefined;
  #isBuilt = false;

  constructor(triggerOf: (entry: CacheEntry) => string | undefined) {
    this.#triggerOf = triggerOf;
  }

  /** Resolves when `keysOf` knows all entries. */
  built(entries: SortedMap<CacheEntry>): Promise<void> {
    return (this.#building ??= this.#build(entries));
  }

  /** Keys with that value, in order; undefined while the index is not built. */
  keysOf(trigger: string): readonly string[] | undefined {
    return this.#isBuilt ? [...(this.#keys.get(trigger) ?? [])].sort() : undefined;
  }

  /** The entry of a key is another now, or gone. */
  follow(key: string, entry: CacheEntry | undefined): void {
    if (this.#building !== undefined) this.#put(key, entry === undefined ? "" : (this.#triggerOf(entry) ?? ""));
  }

  async #build(entries: SortedMap<CacheEntry>): Promise<void> {
    const present = [...entries.valuesFrom("")];
    for (const [index, entry] of present.entries()) {
      // What changed meanwhile has been followed.
      if (entries.get(entry.key) === entry) this.#put(entry.key, this.#triggerOf(entry) ?? "");
      if (index % SLICE === SLICE - 1) await nextTurn();
    }
    this.#isBuilt = true;
  }

  #put(key: string, trigger: string): void {
    const before = this.#triggers.get(key);
    if (before === trigger) return;
    if (before !== undefined) {
      this.#triggers.delete(key);
      const peers = this.#keys.get(before);
      peers?.delete(key);
      if (peers?.size === 0) this.#keys.delete(before);
    }
    if (trigger === "") return;
    this.#triggers.set(key, trigger);
    this.#keys.set(trigger, (this.#keys.get(trigger) ?? new Set()).add(key));
  }
}
