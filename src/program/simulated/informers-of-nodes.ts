import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { nodes, pods, services } from "../../api/generated/resources.ts";
import { type ApiObject, keyOf } from "../../api/meta.ts";
import { InvariantError } from "../../base/assert.ts";
import type { Change, Informer, InformerOptions, InformerSet } from "../../client/informer.ts";

/**
 * What the kubelets of one process watch, watched once: thousands of them see the same Services, and of pods and nodes each its
 * own part. Two watches of its own were half of the memory of a simulated node.
 * @param shared outlives the kubelets
 * @returns the informers of one node's kubelet, which asks for nothing else
 */
export function informersOfNodes(shared: InformerSet): (nodeName: string) => InformerSet {
  let podParts: Parts<Pod> | undefined;
  let nodeParts: Parts<Node> | undefined;
  let started: Promise<void> | undefined;
  const allPods = (project: (pod: Pod, before?: Pod) => Pod) => {
    const indexes = { owner: ({ spec }: Pod) => [spec?.nodeName ?? ""] };
    return shared.projected({ resource: pods, fieldSelector: "spec.nodeName!=", project, indexes });
  };
  const allNodes = (project: (node: Node) => Node) =>
    shared.projected({ resource: nodes, project, indexes: { owner: ({ metadata }: Node) => [metadata?.name ?? ""] } });
  const refuse = (what: string): never => {
    throw new InvariantError(`kubelets that share their watches watch no ${what}`);
  };
  return (nodeName) => ({
    informer: ({ resource }) => refuse(resource),
    projected<T extends ApiObject, P>(source: InformerOptions<T, P>): Informer<P> {
      const project = source.project as unknown;
      switch (source.resource.resource) {
        case services.resource:
          return shared.projected(source);
        case pods.resource:
          podParts ??= new Parts(allPods(project as (pod: Pod, before?: Pod) => Pod), podOwner);
          return new Part(podParts, nodeName) as unknown as Informer<P>;
        case nodes.resource:
          nodeParts ??= new Parts(allNodes(project as (node: Node) => Node), nodeOwner);
          return new Part(nodeParts, nodeName) as unknown as Informer<P>;
        default:
          return refuse(source.resource.resource);
      }
    },
    async start() {
      started ??= shared.start();
      await started;
    },
    async stop() {},
  });
}

const podOwner = ({ spec }: Pod): string => spec?.nodeName ?? "";
const nodeOwner = ({ metadata }: Node): string => metadata?.name ?? "";

interface Subscription<P> {
  readonly handle: (change: Change<P>) => void;
}

/** An informer that files its items by `owner`, and who wants to hear of those of one owner. */
class Parts<P extends ApiObject> {
  readonly all: Informer<P>;
  readonly ownerOf: (item: P) => string;
  /** Lists are replaced, never changed: a change is told to those who were there when it came. */
  readonly subscriptions = new Map<string, readonly Subscription<P>[]>();

  constructor(all: Informer<P>, ownerOf: (item: P) => string) {
    this.all = all;
    this.ownerOf = ownerOf;
    all.subscribe((change) => {
      const { key, before, after, cause } = change;
      const [from, to] = [before && ownerOf(before), after && ownerOf(after)];
      if (from !== undefined && from === to) return this.#tell(from, change);
      if (from !== undefined) this.#tell(from, { key, before, cause });
      if (to !== undefined) this.#tell(to, { key, after, cause });
    });
  }

  #tell(owner: string, change: Change<P>): void {
    for (const { handle } of this.subscriptions.get(owner) ?? []) handle(change);
  }
}

/** Of all items those of one owner, as an informer of them alone would show them. A class, because each node has two. */
class Part<P extends ApiObject> implements Informer<P> {
  readonly #parts: Parts<P>;
  readonly #owner: string;

  constructor(parts: Parts<P>, owner: string) {
    this.#parts = parts;
    this.#owner = owner;
  }

  get synced(): Promise<void> {
    return this.#parts.all.synced;
  }

  hasSynced(): boolean {
    return this.#parts.all.hasSynced();
  }

  get(key: string): P | undefined {
    const { all, ownerOf } = this.#parts;
    const item = all.get(key);
    return item !== undefined && ownerOf(item) === this.#owner ? item : undefined;
  }

  list(namespace?: string): P[] {
    const items = this.#parts.all.by("owner", this.#owner);
    return items.filter(({ metadata }) => namespace === undefined || metadata?.namespace === namespace);
  }

  each(namespace?: string): Iterable<P> {
    return this.list(namespace);
  }

  by(name: string): P[] {
    throw new InvariantError(`informer has no index "${name}"`);
  }

  subscribe(handle: Subscription<P>["handle"]): () => void {
    const { all, subscriptions } = this.#parts;
    for (const item of all.by("owner", this.#owner)) handle({ key: keyOf(item), after: item });
    const subscription = { handle };
    subscriptions.set(this.#owner, [...(subscriptions.get(this.#owner) ?? []), subscription]);
    return () => {
      const left = (subscriptions.get(this.#owner) ?? []).filter((other) => other !== subscription);
      if (left.length === 0) subscriptions.delete(this.#owner);
      else subscriptions.set(this.#owner, left);
    };
  }
}
