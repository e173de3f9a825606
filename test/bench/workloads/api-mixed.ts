import type { ApiServer } from "../load/api-server.ts";
import { apiWorkload } from "../load/api-workload.ts";
import { createPods, podBody, podsPath } from "../load/bench-pod.ts";
import type { RequestForm } from "../load/job.ts";
import { runLoad, startLoad } from "../load/load.ts";
import { observations } from "../observer.ts";
import { scaled, type Workload } from "../workload.ts";

const PODS = 2000;
const WATCHERS = 50;
const PER_SECOND = 1000;
const DURATION_MS = 20_000;
/** Server and load are compiled while they run: the first seconds say how a new process does, and are told apart. */
const FIRST_MS = 4000;
/** Deletes go to pods that were created so many requests ago. */
const LIFE = 413;

export const apiMixed: Workload = apiWorkload({
  name: "api-mixed",
  description:
    "1,000 requests a second for 20 s among 2,000 pods with 50 watchers: 60% get, 10% list of 50, 10% create, 10% delete, 5% patch, 5% apply; the first 4 s are told apart",
  seconds: 40,
  goals: [
    { metric: "single_object_p99_ms", atMost: 100 },
    { metric: "requests_per_second", atLeast: PER_SECOND * 0.95 },
    { metric: "failures", atMost: 0 },
  ],
  observed: true,
  async measure(api, run) {
    const pods = scaled(PODS, run, 1000);
    await createPods(api, pods);
    const firstMs = scaled(FIRST_MS, run, 1000);
    const durationMs = scaled(DURATION_MS, run, 1000);
    const watching = startLoad({
      kind: "watchers",
      target: api.user,
      path: `${podsPath(api)}?watch=true`,
      connections: 1,
      watchers: scaled(WATCHERS, run, 2),
      durationMs: firstMs + durationMs,
    });
    await Promise.race([watching.ready, watching.result]);
    await api.own?.run.observed();
    const mixed = await runLoad({
      kind: "requests",
      target: api.user,
      connections: 4,
      senders: 200,
      perSecond: PER_SECOND,
      durationMs: firstMs + durationMs,
      apart: { count: (firstMs / 1000) * PER_SECOND, label: "first_seconds" },
      firstNumber: pods,
      requests: mix(api),
    });
    if (mixed.firstFailure !== undefined) process.stderr.write(`${mixed.firstFailure}\n`);
    const observed = await api.own?.run.observed();
    const { deliveries } = await watching.result;
    const measured: Record<string, number> = {
      requests_per_second: mixed.perSecond,
      failures: mixed.failures,
      deliveries_per_second: (deliveries * 1000) / (firstMs + durationMs),
    };
    for (const [label, { p50Ms, p99Ms, p999Ms }] of Object.entries(mixed.labelled)) {
      Object.assign(measured, { [`${label}_p50_ms`]: p50Ms, [`${label}_p99_ms`]: p99Ms, [`${label}_p999_ms`]: p999Ms });
    }
    return { ...measured, ...(observed && observations(observed)) };
  },
});

/** Twenty requests, taken in turn: what controllers, kubelets and people do to an API server all day. */
function mix(api: ApiServer): RequestForm[] {
  const path = podsPath(api);
  const single = (label: string): Pick<RequestForm, "labels"> => ({ labels: ["single_object", label] });
  const known = `${path}/pod-{n%500}`;
  const metadata = { name: "pod-{n%500}", labels: { applied: "a{n}" } };
  const get: RequestForm = { method: "GET", path: known, ...single("get") };
  const list: RequestForm = { method: "GET", path: `${path}?limit=50`, labels: ["list"] };
  const create: RequestForm = { method: "POST", path, body: podBody(api.namespace), ...single("create") };
  const patch: RequestForm = {
    method: "PATCH",
    path: known,
    body: '{"metadata":{"annotations":{"patched":"p{n}"}}}',
    contentType: "application/merge-patch+json",
    ...single("patch"),
  };
  const apply: RequestForm = {
    method: "PATCH",
    path: `${known}?fieldManager=bench&force=true`,
    body: JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata }),
    contentType: "application/apply-patch+yaml",
    ...single("apply"),
  };
  // Number 7 and 17 of twenty; what is created is 4 and 14, and LIFE leads from the one to the other.
  const remove: RequestForm = {
    method: "DELETE",
    path: `${path}/pod-{n-${LIFE}}?gracePeriodSeconds=0`,
    ...single("delete"),
  };
  const half = [get, list, get, patch, create, get, get, remove, get, get];
  return [...half, ...half.with(3, apply)];
}
