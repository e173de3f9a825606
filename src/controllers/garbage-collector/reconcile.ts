import { apiServices, customResourceDefinitions } from "../../api/generated/resources.ts";
import { type ApiObject, apiVersionOf, type ResourceReference } from "../../api/meta.ts";
import { eachInTurns } from "../../base/turn-time.ts";
import type { InformerSet } from "../../client/informer.ts";
import { createInformerSet } from "../../client/informer-set.ts";
import { type DiscoveredResource, discoverResources } from "../discovery.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import type { Controller, ControllerDependencies, ReconcileResult, Source } from "../reconciler.ts";
import { Collector } from "./collector.ts";
import { type GraphEffect, OwnerGraph } from "./graph.ts";
import { Monitors } from "./monitors.ts";
import { factsOf, type KeptFacts } from "./owner-facts.ts";

/** The keys under which the list of resources is refreshed, and the whole graph is looked through; the others are uids. */
const RESOURCES = "resources";
const SURVEY = "survey";
/** After so long a resource that cannot be listed no longer holds everything up. */
const FIRST_SYNC_LIMIT_MS = 30_000;
const REFRESH_MS = 5 * 60_000;
const RETRY_MS = 5_000;

/**
 * Deletes what nobody owns any more, and carries out foreground deletion and orphaning, for objects of every kind that the
 * API server serves. It acts only once it has seen all of them: before that, an owner that is missing may just not have
 * come yet.
 */
export function garbageCollector(dependencies: ControllerDependencies): Controller {
  const { client, events, log, clock, informers } = dependencies;
  const graph = new OwnerGraph();
  const kinds = new Map<string, DiscoveredResource>();
  const collector = new Collector({ client, graph, resourceOf: (group, kind) => kinds.get(`${group}/${kind}`) });
  let enqueue: (uid: string) => void = () => {};
  let complete = false;
  const pods = podInformer(informers);
  const monitors = new Monitors({ createSet: () => createInformerSet(dependencies), pods, changed });

  function changed({ before, after }: { before?: KeptFacts | undefined; after?: KeptFacts | undefined }): void {
    if (before !== undefined && before.uid !== after?.uid) {
      const gone = factsOf(before);
      collector.noteGone(gone);
      follow(gone, graph.remove(gone.uid));
    }
    if (after !== undefined) follow(after, graph.set(after));
  }

  function follow(kept: KeptFacts, { look, invalid }: GraphEffect): void {
    if (!complete) return;
    for (const uid of look) enqueue(uid);
    if (invalid.length === 0) return;
    const facts = factsOf(kept);
    const about = {
      apiVersion: apiVersionOf(facts.resource),
      kind: facts.resource.kind,
      metadata: { name: facts.name, namespace: facts.namespace, uid: facts.uid },
    };
    for (const { apiVersion, kind, name, uid } of invalid) {
      const reference = `[${apiVersion}/${kind}, namespace: ${facts.namespace}, name: ${name}, uid: ${uid}]`;
      const message = `ownerRef ${reference} does not exist in namespace "${facts.namespace}"`;
      events.event(about, { type: "Warning", reason: "OwnerRefInvalidNamespace", message });
    }
  }

  async function refreshResources(): Promise<ReconcileResult> {
    const { resources, failures } = await discoverResources(client);
    kinds.clear();
    for (const resource of resources) kinds.set(`${resource.group}/${resource.kind}`, resource);
    if (failures.length > 0) log.debug("some group versions could not be discovered", { failures });
    const { synced } = await monitors.watch(resources);
    if (!complete) void synced.then(() => enqueue(SURVEY));
    return { requeueAfterMs: failures.length > 0 ? RETRY_MS : REFRESH_MS };
  }

  async function survey(): Promise<undefined> {
    if (complete) return;
    complete = true;
    await eachInTurns(clock, graph.each(), (facts) => {
      if (graph.isSuspicious(facts)) enqueue(facts.uid);
    });
  }

  const graphSource: Source = {
    start(add) {
      enqueue = add;
      add(RESOURCES);
      const limit = clock.setTimer(() => enqueue(SURVEY), FIRST_SYNC_LIMIT_MS);
      const triggers = watchServedResources(createInformerSet(dependencies), () => enqueue(RESOURCES));
      return () => {
        enqueue = () => {};
        limit.cancel();
        // Stopping watches cannot fail; nothing waits for it after the end.
        void monitors.stop();
        void triggers.stop();
      };
    },
  };

  return {
    name: "garbage-collector-controller",
    workers: 20,
    sources: [graphSource],
    async reconcile(key) {
      if (key === RESOURCES) return await refreshResources();
      if (key === SURVEY) return await survey();
      for (const uid of await collector.look(key)) enqueue(uid);
      return undefined;
    },
  };
}

/** Custom resources come and go with their definitions, those of extension servers with their APIServices. */
function watchServedResources(set: InformerSet, changed: () => void): InformerSet {
  for (const resource of [customResourceDefinitions, apiServices]) {
    const informer = set.projected({
      resource: resource as ResourceReference<ApiObject>,
      project: (object) => object.metadata?.resourceVersion ?? "",
    });
    informer.subscribe(changed);
  }
  void set.start();
  return set;
}
