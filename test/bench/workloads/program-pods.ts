import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Deployment } from "../../../src/api/generated/apps/v1.ts";
import type { Pod, Service } from "../../../src/api/generated/core/v1.ts";
import { deployments, pods, services } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Client } from "../../../src/client/client.ts";
import { createHttpTransport } from "../../../src/client/http-transport.ts";
import { readKubeconfig } from "../../../src/client/kubeconfig.ts";
import { connectContainerd } from "../../../src/kubelet/cri/containerd/connect.ts";
import { privateContainerdPaths } from "../../../src/kubelet/cri/containerd/paths.ts";
import { page } from "../../support/http.ts";
import { startRegistry } from "../../support/registry.ts";
import { withoutContainers } from "../../support/requirements.ts";
import { runThroughCri } from "../cri-container.ts";
import { median } from "../median.ts";
import { type ProgramRun, startProgram } from "../program.ts";
import { type BenchRun, type Measurements, scaled, type Workload } from "../workload.ts";

const RUNS = 11;
/** What one run leaves behind (shims that end, cgroups) is over before the next. */
const SETTLE_MS = 300;
const NAMESPACE = "default";
const WAIT_MS = 60_000;

export const programPods: Workload = {
  name: "program-pods",
  description: "pods of a present image, against the container runtime alone through CRI; medians of 11",
  seconds: 45,
  goals: [
    { metric: "pod_to_cri_ratio", atMost: 1.3 },
    { metric: "three_replicas_ms", atMost: 500 },
    { metric: "replacement_serving_ms", atMost: 600 },
  ],
  async measure(run) {
    const missing = withoutContainers();
    if (missing !== false) throw new Error(`this workload needs real containers: ${missing}`);
    const dataDirectory = join(run.directory, "data");
    const registry = await startRegistry();
    try {
      const cacheDirectory = join(run.directory, "cache");
      const running = await startProgram({ program: run.program, dataDirectory, cacheDirectory });
      try {
        return await measurePods(running, run, registry.image("web:1"));
      } finally {
        await running.stop();
      }
    } finally {
      await registry.stop();
    }
  },
};

async function measurePods(running: ProgramRun, run: BenchRun, image: string): Promise<Measurements> {
  const { directory } = run;
  const runs = scaled(RUNS, run);
  const { socket } = privateContainerdPaths(running.dataDirectory);
  const runtime = await connectContainerd(socket, running.dataDirectory);
  const access = await readKubeconfig(join(running.dataDirectory, "kubeconfig"));
  const transport = createHttpTransport({ ...access, clock: systemClock });
  try {
    await runtime.images.pullImage(image);
    const client = new Client(transport);
    const cri: number[] = [];
    const pod: number[] = [];
    // The first of each is not counted: nothing has been loaded or compiled for it yet.
    for (let number = 0; number <= runs; number++) {
      await setTimeout(SETTLE_MS);
      cri.push(await runThroughCri(runtime.runtime, { image, number, directory }));
      await setTimeout(SETTLE_MS);
      pod.push(await onePod(client, `one-${number}`, image));
    }
    const [criMs, podMs] = [median(cri.slice(1)), median(pod.slice(1))];
    const three: number[] = [];
    for (let number = 0; number < runs; number++) {
      await setTimeout(SETTLE_MS);
      three.push(await threeReplicas(client, `three-${number}`, image));
    }
    const replacement = await replacements(client, image, runs);
    return {
      cri_ms: criMs,
      pod_ms: podMs,
      pod_to_cri_ratio: podMs / criMs,
      three_replicas_ms: median(three),
      replacement_serving_ms: median(replacement),
    };
  } finally {
    await transport.close();
    await runtime.close();
  }
}

/** From the create call until the API says Running. */
async function onePod(client: Client, name: string, image: string): Promise<number> {
  const metadata = { name, namespace: NAMESPACE, labels: { app: name } };
  const begun = systemClock.monotonic();
  const running = whenPods(client, name, (found) => found.some(isRunning));
  await client.create(pods, { metadata, spec: podSpec(image) } as Pod);
  await running;
  const durationMs = systemClock.monotonic() - begun;
  await client.delete(pods, { name, namespace: NAMESPACE }, { gracePeriodSeconds: 1 });
  await whenPods(client, name, (found) => found.length === 0);
  return durationMs;
}

async function threeReplicas(client: Client, name: string, image: string): Promise<number> {
  const begun = systemClock.monotonic();
  const running = whenPods(client, name, (found) => found.filter(isRunning).length === 3);
  await client.create(deployments, deployment(name, 3, image));
  await running;
  const durationMs = systemClock.monotonic() - begun;
  await remove(client, name);
  return durationMs;
}

/** From the answer to a delete of the only pod until its Service answers with another one's page. */
async function replacements(client: Client, image: string, runs: number): Promise<number[]> {
  const name = "replaced";
  await client.create(deployments, deployment(name, 1, image));
  const service: Service = {
    metadata: { name, namespace: NAMESPACE },
    spec: { type: "NodePort", selector: { app: name }, ports: [{ port: 80 }] },
  };
  const { spec } = await client.create(services, service);
  const url = `http://127.0.0.1:${spec?.ports?.[0]?.nodePort}/`;
  const durations: number[] = [];
  let current = await otherPage(url, "");
  for (let count = 0; count < runs; count++) {
    const pod = /from (\S+)/.exec(current)?.[1] ?? "";
    await client.delete(pods, { name: pod, namespace: NAMESPACE });
    const begun = systemClock.monotonic();
    current = await otherPage(url, current);
    durations.push(systemClock.monotonic() - begun);
    await whenPods(client, name, (found) => found.length === 1);
  }
  await client.delete(services, { name, namespace: NAMESPACE });
  await remove(client, name);
  return durations;
}

async function otherPage(url: string, current: string): Promise<string> {
  const deadline = systemClock.monotonic() + WAIT_MS;
  for (;;) {
    const body = await page(url).catch(() => current);
    if (body !== current) return body;
    if (systemClock.monotonic() > deadline) throw new Error(`${url} still answers ${current}`);
    await setTimeout(2);
  }
}

async function remove(client: Client, name: string): Promise<void> {
  await client.delete(deployments, { name, namespace: NAMESPACE });
  await whenPods(client, name, (found) => found.length === 0);
}

/** Resolves as soon as the pods with that label are as wished. */
async function whenPods(client: Client, app: string, wished: (pods: readonly Pod[]) => boolean): Promise<void> {
  const signal = AbortSignal.timeout(WAIT_MS);
  const options = { namespace: NAMESPACE, labelSelector: `app=${app}` };
  const { items, metadata } = await client.list(pods, options);
  const known = new Map(items.map((pod) => [pod.metadata?.name, pod]));
  if (wished([...known.values()])) return;
  const events = client.watch(pods, { ...options, resourceVersion: metadata?.resourceVersion ?? "", signal });
  for await (const { type, object } of events) {
    if (type === "DELETED") known.delete(object.metadata?.name);
    else known.set(object.metadata?.name, object);
    if (wished([...known.values()])) return;
  }
  throw new Error(`the pods of ${app} did not come to it within ${WAIT_MS} ms`);
}

function podSpec(image: string): NonNullable<Pod["spec"]> {
  return { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image, imagePullPolicy: "IfNotPresent" }] };
}

function deployment(name: string, replicas: number, image: string): Deployment {
  const labels = { app: name };
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(image) } },
  };
}

function isRunning({ status }: Pod): boolean {
  return (
    status?.phase === "Running" && (status.containerStatuses ?? []).every((each) => each.state?.running !== undefined)
  );
}
