import { join } from "node:path";
import type { ApiServer } from "../load/api-server.ts";
import { apiWorkload } from "../load/api-workload.ts";
import { onBare } from "../load/bare.ts";
import { podBody, podsPath } from "../load/bench-pod.ts";
import type { RequestForm, RequestsResult, Target } from "../load/job.ts";
import { runLoad } from "../load/load.ts";
import { middleOne } from "../median.ts";
import { rawPerSecond } from "../raw-disk.ts";
import { type BenchRun, scaled, type Workload } from "../workload.ts";

/** V8 compiles what is hot, beside the server on two cores, for more than twenty thousand creates; until then the rate rises. */
const WARM_UP = 24_000;
const DURATION_MS = 4000;
/** Ours and the bare loop one after the other, of which the one in the middle counts: how quick two cores are changes within seconds. */
const TURNS = 3;
const TURN_MS = 1500;

export const apiCreate: Workload = apiWorkload({
  name: "api-create",
  description:
    "durable creates of 2 KB pods over TLS and HTTP/2 with RBAC and admission: 64 clients, against a bare POST and parse; and one, against the disk",
  seconds: 45,
  goals: [
    { metric: "creates_per_second", atLeast: 5000 },
    { metric: "ratio_to_bare_post", atLeast: 0.3 },
    { metric: "one_client_ratio_to_raw_fdatasync", atLeast: 0.5 },
    { metric: "failures", atMost: 0 },
  ],
  async measure(api, run) {
    const create: RequestForm = { method: "POST", path: podsPath(api), body: podBody(api.namespace) };
    const post: RequestForm = { ...create, path: "/" };
    await send(run, api.user, [create], { senders: 64, count: WARM_UP, firstNumber: 1e6 });
    let first = 1e6;
    const made = (options: { senders: number; connections?: number; durationMs?: number }) =>
      send(run, api.user, [create], { ...options, firstNumber: (first += 1e6) });
    const together = { senders: 64, durationMs: TURN_MS };
    const bare = await onBare(api, {}, async ({ target }) => {
      await send(run, target, [post], { senders: 64, count: WARM_UP });
      const turns: { ours: RequestsResult; bare: RequestsResult }[] = [];
      while (turns.length < TURNS) {
        turns.push({ ours: await made(together), bare: await send(run, target, [post], together) });
      }
      const one = await send(run, target, [post], { senders: 1, connections: 1 });
      return { ...middleOne(turns, ratioOf), one, failures: failuresOf(...turns.map(({ ours }) => ours)) };
    });
    const many = bare?.ours ?? (await made(together));
    const raw = api.own && rawPerSecond(join(run.directory, "raw"));
    const one = await made({ senders: 1, connections: 1 });
    return {
      creates_per_second: many.perSecond,
      p50_ms: many.p50Ms,
      p99_ms: many.p99Ms,
      p999_ms: many.p999Ms,
      ...(bare && {
        bare_posts_per_second: bare.bare.perSecond,
        ratio_to_bare_post: ratioOf(bare),
      }),
      one_client_per_second: one.perSecond,
      ...(raw && {
        raw_fdatasync_per_second: raw,
        one_client_ratio_to_raw_fdatasync: one.perSecond / raw,
      }),
      ...(bare && { bare_one_client_per_second: bare.one.perSecond }),
      // What a bare loop could reach that writes each body to the disk before it answers.
      ...(bare && raw && { one_client_ratio_to_bare_and_disk: one.perSecond * (1 / bare.one.perSecond + 1 / raw) }),
      failures: failuresOf(one) + (bare?.failures ?? failuresOf(many)),
    };
  },
});

function ratioOf({ ours, bare }: { ours: RequestsResult; bare: RequestsResult }): number {
  return ours.perSecond / bare.perSecond;
}

const OBJECTS = 200;

/** With all that admission would add, because an update must not take it away again. */
const wholePod = (namespace: string): string =>
  podBody(namespace, {
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

export const apiChange: Workload = apiWorkload({
  name: "api-change",
  description:
    "16 clients change 200 pods of 2 KB: update, merge patch, strategic patch, server-side apply, delete; apply against update",
  seconds: 40,
  goals: [
    { metric: "update_to_apply_ratio", atMost: 3 },
    { metric: "failures", atMost: 0 },
  ],
  async measure(api, run) {
    const { user } = api;
    const create = { method: "POST", path: podsPath(api), body: wholePod(api.namespace) };
    const created = await once(api, create);
    const forms = changes(api);
    const results: RequestsResult[] = [created];
    const measured: Record<string, number> = {};
    for (const [metric, form] of Object.entries(forms)) {
      await send(run, user, [form], { senders: 16, count: 2000 });
      const result = await send(run, user, [form], { senders: 16, firstNumber: 1e6 });
      results.push(result);
      measured[`${metric}_per_second`] = result.perSecond;
      measured[`${metric}_p99_ms`] = result.p99Ms;
    }
    const remove = { method: "DELETE", path: `${podsPath(api)}/pod-{n}?gracePeriodSeconds=0` };
    const deleted = await once(api, remove);
    results.push(deleted);
    return {
      ...measured,
      deletes_per_second: deleted.perSecond,
      deletes_p99_ms: deleted.p99Ms,
      update_to_apply_ratio: (measured.updates_per_second ?? 0) / (measured.applies_per_second ?? Number.NaN),
      failures: failuresOf(...results),
    };
  },
});

/** The request once for each of the pods. */
function once({ user }: ApiServer, form: RequestForm): Promise<RequestsResult> {
  const job = { kind: "requests", target: user, connections: 4, senders: 16, requests: [form] } as const;
  return runLoad({ ...job, count: OBJECTS });
}

/** Each takes the 200 pods in turn, and each request changes something. */
function changes(api: ApiServer): Record<string, RequestForm> {
  const path = `${podsPath(api)}/pod-{n%${OBJECTS}}`;
  const body = (value: string): string =>
    wholePod(api.namespace)
      .replace('"pod-{n}"', `"pod-{n%${OBJECTS}}"`)
      .replace('"tier":"front"', `"tier":"${value}{n}"`);
  const labels = (name: string): string => `{"metadata":{"labels":{"${name}":"p{n}"}}}`;
  return {
    updates: { method: "PUT", path, body: body("u") },
    merge_patches: { method: "PATCH", path, body: labels("merged"), contentType: "application/merge-patch+json" },
    strategic_patches: {
      method: "PATCH",
      path,
      body: labels("patched"),
      contentType: "application/strategic-merge-patch+json",
    },
    applies: {
      method: "PATCH",
      path: `${path}?fieldManager=bench&force=true`,
      body: body("a"),
      contentType: "application/apply-patch+yaml",
    },
  };
}

async function send(
  run: BenchRun,
  target: Target,
  requests: readonly RequestForm[],
  options: { senders: number; connections?: number; count?: number; durationMs?: number; firstNumber?: number },
): Promise<RequestsResult> {
  const { count, durationMs = DURATION_MS, ...rest } = options;
  const length =
    count === undefined ? { durationMs: scaled(durationMs, run, 200) } : { count: scaled(count, run, 100) };
  const result = await runLoad({ kind: "requests", target, connections: 4, requests, ...length, ...rest });
  if (result.firstFailure !== undefined) process.stderr.write(`${result.firstFailure}\n`);
  return result;
}

function failuresOf(...results: readonly RequestsResult[]): number {
  return results.reduce((sum, result) => sum + result.failures, 0);
}
