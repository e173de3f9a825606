import type { ApiObject } from "../../api/meta.ts";
import { sameAmounts } from "../../api/quota/amounts.ts";
import { type QuotaUse, quotaUse } from "../../api/quota/usage.ts";
import type { Clock } from "../../base/clock.ts";
import { eachInTurns } from "../../base/turn-time.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";
import type { DiscoveredResource } from "../discovery.ts";

interface CountedObject {
  readonly namespace: string;
  readonly use: QuotaUse;
}

/** What objects use, of the resources that some quota limits: others are not watched at all. */
export class CountedObjects {
  readonly #createSet: () => InformerSet;
  readonly #clock: Clock;
  readonly #changed: (namespace: string) => void;
  readonly #watched = new Map<string, { set: InformerSet; informer: Informer<CountedObject> }>();

  /** @param options `changed` hears of namespaces where objects use more or less than before */
  constructor(options: { clock: Clock; createSet(): InformerSet; changed(namespace: string): void }) {
    this.#createSet = options.createSet;
    this.#clock = options.clock;
    this.#changed = options.changed;
  }

  /** Watches the resource from now on. */
  watch(name: string, resource: DiscoveredResource): void {
    if (this.#watched.has(name)) return;
    const set = this.#createSet();
    const informer = set.projected({
      resource,
      project: (object: ApiObject): CountedObject => ({
        namespace: object.metadata?.namespace ?? "",
        use: quotaUse(name, object),
      }),
    });
    informer.subscribe(({ before, after }) => {
      const same = before !== undefined && after !== undefined && sameAmounts(before.use.amounts, after.use.amounts);
      if (!same && informer.hasSynced()) this.#changed((after ?? before)!.namespace);
    });
    this.#watched.set(name, { set, informer });
    // Resolves when the resource has been seen once, or the set has stopped.
    void set.start().then(() => this.#tellOfAll(informer));
  }

  async #tellOfAll(informer: Informer<CountedObject>): Promise<void> {
    const namespaces = new Set<string>();
    await eachInTurns(this.#clock, informer.each(), ({ namespace }) => void namespaces.add(namespace));
    for (const namespace of namespaces) this.#changed(namespace);
  }

  isWatched(name: string): boolean {
    return this.#watched.has(name);
  }

  hasSeen(name: string): boolean {
    return this.#watched.get(name)?.informer.hasSynced() === true;
  }

  /** Counts what is used in a namespace, in as many turns as that takes. Answers how many objects that are. */
  async count(name: string, namespace: string, add: (use: QuotaUse) => void): Promise<number> {
    let objects = 0;
    await eachInTurns(this.#clock, this.#watched.get(name)?.informer.each(namespace) ?? [], ({ use }) => {
      objects++;
      add(use);
    });
    return objects;
  }

  async stop(): Promise<void> {
    const sets = [...this.#watched.values()].map(({ set }) => set);
    this.#watched.clear();
    await Promise.all(sets.map((set) => set.stop()));
  }
}
