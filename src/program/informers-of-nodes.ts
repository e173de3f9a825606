import type { Node, Pod } from "../api/generated/core/v1.ts";
import { nodes, pods, services } from "../api/generated/resources.ts";
import { type ApiObject, keyOf } from "../api/meta.ts";
import { InvariantError } from "../base/assert.ts";
import type { Change, Informer, InformerOptions, InformerSet } from "../client/informer.ts";

/**
 * What the kubelets of one process watch, watched once: thousands of them see the same Services, and of pods and nodes each its
 * own part. Two watches of its own were half of the memory of a simulated node.
 * @param shared outlives the kubelets
 * @returns the informers of one node's kubelet; what others ask of them is `own`
 */
export function informersOfNodes(shared: InformerSet): (nodeName: string, own: InformerSet) => InformerSet {
  let podsOf: ((nodeName: string) => Informer<Pod>) | undefined;
  let nodesOf: ((nodeName: string) => Informer<Node>) | undefined;
  let started: Promise<void> | undefined;
  const allPods = (project: (pod: Pod) => Pod) => {
    const indexes = { owner: ({ spec }: Pod) => [spec?.nodeName ?? ""] };
    return shared.projected({ resource: pods, fieldSelector: "spec.nodeName!=", project, indexes });
  };
  const allNodes = (project: (node: Node) => Node) =>
    shared.projected({ resource: nodes, project, indexes: { owner: ({ metadata }: Node) => [metadata?.name ?? ""] } });
  return (nodeName, own) => ({
    informer: own.informer,
    projected<T extends ApiObject, P>(source: InformerOptions<T, P>): Informer<P> {
      const project = source.project as unknown;
      switch (source.resource.resource) {
        case services.resource:
          return shared.projected(source);
        case pods.resource:
          podsOf ??= partsOf(allPods(project as (pod: Pod) => Pod), ({ spec }) => spec?.nodeName ?? "");
          return podsOf(nodeName) as unknown as Informer<P>;
        case nodes.resource:
          nodesOf ??= partsOf(allNodes(project as (node: Node) => Node), ({ metadata }) => metadata?.name ?? "");
          return nodesOf(nodeName) as unknown as Informer<P>;
        default:
          return own.projected(source);
      }
    },
    async start() {
      started ??= shared.start();
      await Promise.all([own.start(), started]);
    },
    stop: own.stop,
  });
}

type Handler<P> = (change: Change<P>) => void;

/** Of an informer that files its items by `owner`, those of one owner, as an informer of them alone would show them. */
function partsOf<P extends ApiObject>(all: Informer<P>, ownerOf: (item: P) => string): (owner: string) => Informer<P> {
  const handlers = new Map<string, Set<Handler<P>>>();
  const tell = (owner: string, change: Change<P>): void => {
    for (const handler of handlers.get(owner) ?? []) handler(change);
  };
  all.subscribe((change) => {
    const { key, before, after, cause } = change;
    const [from, to] = [before && ownerOf(before), after && ownerOf(after)];
    if (from !== undefined && from === to) return tell(from, change);
    if (from !== undefined) tell(from, { key, before, cause });
    if (to !== undefined) tell(to, { key, after, cause });
  });
  const listOf = (owner: string, namespace: string | undefined): P[] =>
    all.by("owner", owner).filter(({ metadata }) => namespace === undefined || metadata?.namespace === namespace);
  return (owner) => ({
    synced: all.synced,
    hasSynced: () => all.hasSynced(),
    get(key) {
      const item = all.get(key);
      return item !== undefined && ownerOf(item) === owner ? item : undefined;
    },
    list: (namespace) => listOf(owner, namespace),
    each: (namespace) => listOf(owner, namespace),
    by(name) {
      throw new InvariantError(`informer has no index "${name}"`);
    },
    subscribe(handler) {
      const each: Handler<P> = (change) => handler(change);
      for (const item of all.by("owner", owner)) each({ key: keyOf(item), after: item });
      let told = handlers.get(owner);
      if (told === undefined) handlers.set(owner, (told = new Set()));
      told.add(each);
      return () => {
        handlers.get(owner)?.delete(each);
        if (handlers.get(owner)?.size === 0) handlers.delete(owner);
      };
    },
  });
}
