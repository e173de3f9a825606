import type { Pod, PodStatus } from "../../src/api/generated/core/v1.ts";
import { events, namespaces, nodes, pods } from "../../src/api/generated/resources.ts";
import { isConflict, isNotFound } from "../../src/api/status.ts";
import { discoveryPaths } from "../../src/apiserver/discovery/paths.ts";
import { startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { formatTime } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { Client } from "../../src/client/client.ts";
import { createEventRecorder } from "../../src/client/event-recorder.ts";
import { createInformerSet } from "../../src/client/informer-set.ts";
import type { ControllerFactory } from "../../src/controllers/reconciler.ts";
import { runControllers } from "../../src/controllers/runner.ts";
import { controllerTable } from "../../src/controllers/table.ts";
import { heldWatches } from "./held-watches.ts";

type MemoryServerOptions = NonNullable<Parameters<typeof startMemoryServer>[0]>;

/** What becomes of a pod on the node: `ready` (the default), `stuck` (never ready), or an exit code. */
export type Fate = "ready" | "stuck" | number;

export interface WorldOptions {
  /** Names in the table of controllers. */
  readonly controllers: readonly string[];
  readonly nodes?: readonly string[];
  fate?(pod: Pod): Fate;
  /** None when absent. */
  readonly admission?: MemoryServerOptions["admission"];
}

/** The real API server in memory, real controllers, and nodes that run pods at once and without containers. */
export async function startWorld(options: WorldOptions) {
  const { server, clock, client, close } = await startMemoryServer({
    ...(options.admission !== undefined && { admission: options.admission }),
    paths: (table, served, remote) => [discoveryPaths(table, served, { remote })],
  });
  const random = seededRandom(2);
  const stop = new AbortController();
  const log = silentLogger;
  const nodeNames = options.nodes ?? ["n1"];
  await client.create(namespaces, { metadata: { name: "shop" } });
  for (const name of nodeNames) await client.create(nodes, { metadata: { name, labels: { disk: "ssd" } } });
  const recorder = createEventRecorder({ client, component: "controllers", clock, random, log });
  const factories = Object.fromEntries(
    options.controllers.map((name) => [name, controllerTable[name] as ControllerFactory]),
  );
  const watches = heldWatches(client.transport);
  const watching = new Client(watches.transport);
  const running = runControllers({
    factories,
    dependenciesFor: () => ({
      client,
      informers: createInformerSet({ client: watching, clock, random, log }),
      events: recorder,
      clock,
      random,
      log,
    }),
    signal: stop.signal,
    log,
  });
  const kubelet = createInformerSet({ client, clock, random, log });
  const busy = new Set<Promise<void>>();
  kubelet.informer(pods).subscribe(({ after }) => {
    if (after === undefined) return;
    const work = runPod({ client, nodeNames, fate: options.fate ?? (() => "ready"), now: () => clock.now() }, after);
    busy.add(work);
    void work.finally(() => busy.delete(work));
  });
  await kubelet.start();
  await running.started;
  const names = async (list: Promise<{ items: { metadata?: { name?: string } }[] }>): Promise<string[]> =>
    (await list).items.map((item) => item.metadata?.name ?? "").sort();
  return {
    server,
    clock,
    client,
    /** What the controllers' watches tell of a resource comes late. */
    hold: watches.hold,
    release: watches.release,
    /** Lets everything that is due within that time happen. */
    async pass(ms: number): Promise<void> {
      for (let step = 0; step < 20; step++) await clock.advance(ms / 20);
    },
    podNames: () => names(client.list(pods, { namespace: "shop" })),
    pods: async (): Promise<Pod[]> => (await client.list(pods, { namespace: "shop" })).items,
    events: async (): Promise<string[]> =>
      (await client.list(events, { namespace: "shop" })).items.map(
        (event) => `${event.type} ${event.reason}: ${event.message}`,
      ),
    async close(): Promise<void> {
      stop.abort();
      await running.stopped;
      await kubelet.stop();
      await Promise.all(busy);
      await recorder.stop();
      await close();
    },
  };
}

interface Node {
  readonly client: Client;
  readonly nodeNames: readonly string[];
  fate(pod: Pod): Fate;
  now(): number;
}

/** One step of a pod's life. What fails because the pod has changed meanwhile is done again on that change. */
async function runPod(node: Node, pod: Pod): Promise<void> {
  const { client } = node;
  const { namespace, name = "" } = pod.metadata ?? {};
  try {
    if (pod.metadata?.deletionTimestamp !== undefined) {
      await client.delete(
        pods,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } },
      );
      return;
    }
    if (!pod.spec?.nodeName) {
      const target = { kind: "Node", name: pinnedNode(pod) ?? node.nodeNames[0]! };
      const binding = { metadata: { namespace, name }, target };
      await client.create(pods, binding, { subresource: "binding", target: { namespace, name } });
      return;
    }
    const status = statusOf(node, pod);
    if (status.phase !== pod.status?.phase) await client.update(pods, { ...pod, status }, { subresource: "status" });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

function pinnedNode(pod: Pod): string | undefined {
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
}

function statusOf(node: Node, pod: Pod): PodStatus {
  const fate = node.fate(pod);
  const time = formatTime(node.now());
  const ended = typeof fate === "number";
  const state = ended
    ? { terminated: { exitCode: fate, startedAt: time, finishedAt: time } }
    : { running: { startedAt: time } };
  const phase = ended ? (fate === 0 ? "Succeeded" : "Failed") : "Running";
  return {
    ...pod.status,
    phase,
    startTime: time,
    conditions: [{ type: "Ready", status: fate === "ready" ? "True" : "False", lastTransitionTime: time }],
    containerStatuses: pod.spec!.containers.map(({ name }) => ({
      name,
      image: "web:1",
      imageID: "web:1",
      ready: fate === "ready",
      restartCount: 0,
      state,
    })),
  };
}
