import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { startBare } from "../load/bare.ts";
import { type BenchCluster, startBenchCluster } from "../load/bench-cluster.ts";
import { PODS_PATH, podBody } from "../load/bench-pod.ts";
import type { RequestForm, RequestsResult, Target } from "../load/job.ts";
import { runLoad } from "../load/load.ts";
import type { Workload } from "../workload.ts";

const WARM_UP = 3000;
const DURATION_MS = 4000;

export const apiCreate: Workload = {
  name: "api-create",
  description:
    "durable creates of 2 KB pods over TLS and HTTP/2 with RBAC and admission: 64 clients, against a bare POST and parse; and one",
  goals: [
    { metric: "creates_per_second", atLeast: 5000 },
    { metric: "ratio_to_bare_post", atLeast: 0.3 },
    { metric: "one_client_ratio_to_raw_fdatasync", atLeast: 0.5 },
    { metric: "failures", atMost: 0 },
  ],
  async measure(directory) {
    const cluster = await startBenchCluster(directory);
    try {
      const create: RequestForm = { method: "POST", path: PODS_PATH, body: podBody() };
      await send(cluster.user, [create], { senders: 64, count: WARM_UP, firstNumber: 1e6 });
      const many = await send(cluster.user, [create], { senders: 64, firstNumber: 2e6 });
      const raw = rawPerSecond(join(directory, "raw"));
      const one = await send(cluster.user, [create], { senders: 1, connections: 1, firstNumber: 3e6 });
      const bare = await barePosts(cluster);
      return {
        creates_per_second: many.perSecond,
        p50_ms: many.p50Ms,
        p99_ms: many.p99Ms,
        bare_posts_per_second: bare.perSecond,
        ratio_to_bare_post: many.perSecond / bare.perSecond,
        one_client_per_second: one.perSecond,
        raw_fdatasync_per_second: raw,
        one_client_ratio_to_raw_fdatasync: one.perSecond / raw,
        failures: failuresOf(many, one),
      };
    } finally {
      await cluster.stop();
    }
  },
};

async function barePosts(cluster: BenchCluster): Promise<RequestsResult> {
  const bare = await startBare({ dataDirectory: cluster.dataDirectory, like: cluster.user });
  try {
    const post: RequestForm = { method: "POST", path: "/", body: podBody() };
    await send(bare.target, [post], { senders: 64, count: WARM_UP });
    return await send(bare.target, [post], { senders: 64 });
  } finally {
    await bare.stop();
  }
}

const OBJECTS = 200;

/** With all that admission would add, because an update must not take it away again. */
const wholePod = (): string =>
  podBody({
    automountServiceAccountToken: false,
    serviceAccountName: "default",
    serviceAccount: "default",
    tolerations: ["not-ready", "unreachable"].map((state) => ({
      key: `node.kubernetes.io/${state}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 300,
    })),
  });

export const apiChange: Workload = {
  name: "api-change",
  description: "16 clients change 200 pods: update, merge patch, server-side apply, delete; apply against update",
  goals: [
    { metric: "update_to_apply_ratio", atMost: 3 },
    { metric: "failures", atMost: 0 },
  ],
  async measure(directory) {
    const cluster = await startBenchCluster(directory);
    const { user } = cluster;
    try {
      await send(user, [{ method: "POST", path: PODS_PATH, body: wholePod() }], { senders: 16, count: OBJECTS });
      const labelled = (value: string): string => wholePod().replace('"tier":"front"', `"tier":"${value}"`);
      const numbers = Array.from({ length: OBJECTS }, (_, number) => number);
      const each = (form: (name: string, number: string) => RequestForm): RequestForm[] =>
        numbers.map((number) => form(`${PODS_PATH}/pod-${number}`, String(number)));
      const body = (text: string, number: string): string => text.replace('"pod-{n}"', `"pod-${number}"`);
      const update = each((path, number) => ({ method: "PUT", path, body: body(labelled("t{n}"), number) }));
      const patch = each((path) => ({
        method: "PATCH",
        path,
        body: '{"metadata":{"labels":{"patched":"p{n}"}}}',
        contentType: "application/merge-patch+json",
      }));
      const apply = each((path, number) => ({
        method: "PATCH",
        path: `${path}?fieldManager=bench&force=true`,
        body: body(labelled("a{n}"), number),
        contentType: "application/apply-patch+yaml",
      }));
      for (const forms of [update, patch, apply]) await send(user, forms, { senders: 16, count: 2000 });
      const updated = await send(user, update, { senders: 16, firstNumber: 1e6 });
      const patched = await send(user, patch, { senders: 16, firstNumber: 1e6 });
      const applied = await send(user, apply, { senders: 16, firstNumber: 1e6 });
      const deleted = await send(user, [{ method: "DELETE", path: `${PODS_PATH}/pod-{n}?gracePeriodSeconds=0` }], {
        senders: 16,
        count: OBJECTS,
      });
      return {
        updates_per_second: updated.perSecond,
        patches_per_second: patched.perSecond,
        applies_per_second: applied.perSecond,
        deletes_per_second: deleted.perSecond,
        update_to_apply_ratio: updated.perSecond / applied.perSecond,
        failures: failuresOf(updated, patched, applied, deleted),
      };
    } finally {
      await cluster.stop();
    }
  },
};

async function send(
  target: Target,
  requests: readonly RequestForm[],
  options: { senders: number; connections?: number; count?: number; firstNumber?: number },
): Promise<RequestsResult> {
  const duration = options.count === undefined ? { durationMs: DURATION_MS } : {};
  const result = await runLoad({ kind: "requests", target, connections: 4, requests, ...duration, ...options });
  if (result.firstFailure !== undefined) process.stderr.write(`${result.firstFailure}\n`);
  return result;
}

function failuresOf(...results: readonly RequestsResult[]): number {
  return results.reduce((sum, result) => sum + result.failures, 0);
}

/** Appends of 2 KB, each made durable. */
function rawPerSecond(path: string): number {
  const value = Buffer.alloc(2048, "v");
  const file = openSync(path, "w");
  try {
    const begun = systemClock.monotonic();
    let count = 0;
    for (; systemClock.monotonic() - begun < 1000; count++) {
      writeSync(file, value);
      fdatasyncSync(file);
    }
    return (count * 1000) / (systemClock.monotonic() - begun);
  } finally {
    closeSync(file);
  }
}

/** For other workloads: so many pods, made as fast as they can be. */
export async function createPods(user: Target, count: number, firstNumber = 0): Promise<void> {
  const form: RequestForm = { method: "POST", path: PODS_PATH, body: podBody() };
  const result = await send(user, [form], { senders: 64, count, firstNumber });
  if (result.failures > 0) throw new Error(result.firstFailure);
}
