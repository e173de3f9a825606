import type { ApiObject } from "../../api/meta.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";
import type { DiscoveredResource } from "../discovery.ts";
import { type KeptFacts, ownerFacts } from "./owner-facts.ts";

const PODS = "/v1/pods";
/** Kinds whose objects come and go by themselves and own nothing. */
const IGNORED = new Set(["events", "events.events.k8s.io"]);

export interface MonitorOptions {
  /** A set of its own for each resource, so that each can be stopped when its resource goes. */
  createSet(): InformerSet;
  /** Objects that are there in great number, as controllers keep them anyway: with all that is asked of them here. */
  readonly pods: Informer<ApiObject>;
  changed(change: { before?: KeptFacts | undefined; after?: KeptFacts | undefined }): void;
}

interface Monitor {
  readonly synced: Promise<unknown>;
  stop(): void | Promise<void>;
}

/** Watches every object of every deletable resource, and keeps the little that garbage collection needs of each. */
export class Monitors {
  readonly #options: MonitorOptions;
  readonly #running = new Map<string, Monitor>();

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Watches exactly these resources. The promise inside the answer resolves when all of them have been seen once. */
  async watch(resources: readonly DiscoveredResource[]): Promise<{ synced: Promise<unknown> }> {
    const wanted = new Map(resources.filter(isMonitored).map((resource) => [idOf(resource), resource]));
    for (const [id, monitor] of [...this.#running]) {
      if (wanted.has(id)) continue;
      this.#running.delete(id);
      await monitor.stop();
    }
    for (const [id, resource] of wanted) if (!this.#running.has(id)) this.#running.set(id, this.#start(resource));
    return { synced: Promise.all([...this.#running.values()].map(({ synced }) => synced)) };
  }

  async stop(): Promise<void> {
    const monitors = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(monitors.map((monitor) => monitor.stop()));
  }

  #start(resource: DiscoveredResource): Monitor {
    if (idOf(resource) === PODS) return this.#followPods();
    const set = this.#options.createSet();
    const informer = set.projected({ resource, project: (object) => ownerFacts(resource, object) });
    informer.subscribe(({ before, after }) => this.#options.changed({ before, after }));
    return { synced: set.start(), stop: () => set.stop() };
  }

  #followPods(): Monitor {
    const { pods, changed } = this.#options;
    const stop = pods.subscribe(({ before, after }) => changed({ before: before?.metadata, after: after?.metadata }));
    return { synced: pods.synced, stop };
  }
}

function isMonitored(resource: DiscoveredResource): boolean {
  const verbs = ["list", "watch", "delete"];
  const name = resource.group === "" ? resource.resource : `${resource.resource}.${resource.group}`;
  return !IGNORED.has(name) && verbs.every((verb) => resource.verbs.includes(verb));
}

function idOf(resource: DiscoveredResource): string {
  return `${resource.group}/${resource.version}/${resource.resource}`;
}
