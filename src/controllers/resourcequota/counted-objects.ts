import type { ApiObject } from "../../api/meta.ts";
import { sameAmounts } from "../../api/quota/amounts.ts";
import { type QuotaUse, quotaUse } from "../../api/quota/usage.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";
import type { DiscoveredResource } from "../discovery.ts";

interface CountedObject {
  readonly namespace: string;
  readonly use: QuotaUse;
}

/** What objects use, of the resources that some quota limits: others are not watched at all. */
export class CountedObjects {
  readonly #createSet: () => InformerSet;
  readonly #changed: (namespace: string) => void;
  readonly #watched = new Map<string, { set: InformerSet; informer: Informer<CountedObject> }>();

  /** @param options `changed` hears of namespaces where objects use more or less than before */
  constructor(options: { createSet(): InformerSet; changed(namespace: string): void }) {
    this.#createSet = options.createSet;
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
    void set.start().then(() => {
      for (const namespace of new Set(informer.list().map((each) => each.namespace))) this.#changed(namespace);
    });
  }

  isWatched(name: string): boolean {
    return this.#watched.has(name);
  }

  /** Uses in a namespace; undefined while the resource has not been seen yet. */
  uses(name: string, namespace: string): readonly QuotaUse[] | undefined {
    const informer = this.#watched.get(name)?.informer;
    if (informer?.hasSynced() !== true) return undefined;
    return informer.list(namespace).map(({ use }) => use);
  }

  async stop(): Promise<void> {
    const sets = [...this.#watched.values()].map(({ set }) => set);
    this.#watched.clear();
    await Promise.all(sets.map((set) => set.stop()));
  }
}
