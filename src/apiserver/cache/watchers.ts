import type { AsyncQueue } from "../../base/async-queue.ts";
import type { CacheEntry, CacheEvent } from "./entry.ts";
import { type SelectedEvent, type Selection, typeFor } from "./selection.ts";

export interface Watcher {
  readonly selection: Selection;
  readonly queue: AsyncQueue<SelectedEvent | "tick">;
}

/**
 * Everybody who watches a resource, filed so that an event finds whom it concerns: by the one object that they watch, by the
 * value of the trigger field (each kubelet has its own pods), or among the rest, who are all asked.
 */
export class Watchers {
  readonly #triggerOf: ((entry: CacheEntry) => string | undefined) | undefined;
  readonly #all = new Set<Watcher>();
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #byTrigger = new Map<string, Set<Watcher>>();
  readonly #rest = new Set<Watcher>();
  #delivered = 0;

  constructor(triggerOf: ((entry: CacheEntry) => string | undefined) | undefined) {
    this.#triggerOf = triggerOf;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Events given since the start, one a watcher. */
  get delivered(): number {
    return this.#delivered;
  }

  join(watcher: Watcher): void {
    this.#all.add(watcher);
    const { key, trigger } = watcher.selection;
    if (key !== undefined) file(this.#byKey, key, watcher);
    else if (this.#triggerOf !== undefined && trigger !== undefined && trigger !== "") {
      file(this.#byTrigger, trigger, watcher);
    } else this.#rest.add(watcher);
  }

  leave(watcher: Watcher): void {
    if (!this.#all.delete(watcher)) return;
    const { key, trigger } = watcher.selection;
    if (this.#rest.delete(watcher)) return;
    if (key !== undefined) unfile(this.#byKey, key, watcher);
    else if (trigger !== undefined) unfile(this.#byTrigger, trigger, watcher);
  }

  tell(event: CacheEvent): void {
    if (this.#all.size === 0) return;
    const { before, after } = event;
    for (const watcher of this.#rest) this.#offer(watcher, event);
    for (const watcher of this.#byKey.get((after ?? before)!.key) ?? []) this.#offer(watcher, event);
    if (this.#triggerOf === undefined || this.#byTrigger.size === 0) return;
    const was = before === undefined ? undefined : this.#triggerOf(before);
    const is = after === undefined ? undefined : this.#triggerOf(after);
    for (const watcher of this.#byTrigger.get(was ?? "") ?? []) this.#offer(watcher, event);
    if (is === was) return;
    for (const watcher of this.#byTrigger.get(is ?? "") ?? []) this.#offer(watcher, event);
  }

  endAll(): void {
    for (const watcher of [...this.#all]) watcher.queue.end();
  }

  #offer(watcher: Watcher, event: CacheEvent): void {
    const type = typeFor(watcher.selection, event);
    if (type === undefined) return;
    if (watcher.queue.push({ type, event })) {
      this.#delivered++;
      return;
    }
    watcher.queue.end();
    this.leave(watcher);
  }
}

function file(files: Map<string, Set<Watcher>>, name: string, watcher: Watcher): void {
  files.set(name, (files.get(name) ?? new Set()).add(watcher));
}

function unfile(files: Map<string, Set<Watcher>>, name: string, watcher: Watcher): void {
  const peers = files.get(name);
  peers?.delete(watcher);
  if (peers?.size === 0) files.delete(name);
}
