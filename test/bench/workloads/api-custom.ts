import type { CustomResourceDefinition } from "../../../src/api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { Client } from "../../../src/client/client.ts";
import { startBenchCluster } from "../load/bench-cluster.ts";
import type { RequestForm, RequestsResult, Target } from "../load/job.ts";
import { runLoad } from "../load/load.ts";
import { type BenchRun, scaled, type Workload } from "../workload.ts";

const OBJECTS = 5000;
const DURATION_MS = 4000;
const READS = 5;
const WAIT_MS = 20_000;
const GROUP = "bench.wherry.local";

/** The operations that are compared, as `[metric, what is sent]`. */
type Operation = "creates" | "gets" | "merge_patches";

export const apiCustom: Workload = {
  name: "api-custom",
  description:
    "objects of a CustomResourceDefinition with a structural schema against ConfigMaps of the same 2 KB: create, get and patch by 16 clients, list of 5,000",
  seconds: 60,
  goals: [
    { metric: "creates_builtin_to_custom_ratio", atMost: 1.5 },
    { metric: "gets_builtin_to_custom_ratio", atMost: 1.5 },
    { metric: "merge_patches_builtin_to_custom_ratio", atMost: 1.5 },
    { metric: "list_custom_to_builtin_ratio", atMost: 1.5 },
    { metric: "failures", atMost: 0 },
  ],
  async measure(run) {
    const cluster = await startBenchCluster(run);
    try {
      await cluster.client.create(customResourceDefinitions, definition());
      const root = `namespaces/${cluster.namespace}`;
      const builtin = `/api/v1/${root}/configmaps`;
      const custom = `/apis/${GROUP}/v1/${root}/notes`;
      await served(cluster.client, custom);
      const ours = await kind(run, cluster.admin, { path: builtin, apiVersion: "v1", name: "ConfigMap" });
      const theirs = await kind(run, cluster.admin, { path: custom, apiVersion: `${GROUP}/v1`, name: "Note" });
      const measured: Record<string, number> = { failures: ours.failures + theirs.failures };
      for (const metric of ["creates", "gets", "merge_patches"] as const) {
        measured[`builtin_${metric}_per_second`] = ours.perSecond[metric];
        measured[`custom_${metric}_per_second`] = theirs.perSecond[metric];
        measured[`${metric}_builtin_to_custom_ratio`] = ours.perSecond[metric] / theirs.perSecond[metric];
      }
      return {
        ...measured,
        builtin_list_ms: ours.listMs,
        custom_list_ms: theirs.listMs,
        list_custom_to_builtin_ratio: theirs.listMs / theirs.listMb / (ours.listMs / ours.listMb),
      };
    } finally {
      await cluster.stop();
    }
  },
};

interface Kind {
  readonly path: string;
  readonly apiVersion: string;
  readonly name: string;
}

interface KindResult {
  readonly perSecond: Readonly<Record<Operation, number>>;
  readonly listMs: number;
  readonly listMb: number;
  readonly failures: number;
}

async function kind(run: BenchRun, user: Target, { path, apiVersion, name }: Kind): Promise<KindResult> {
  const data = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key-${index}`, "text ".repeat(18)]));
  const body = JSON.stringify({ apiVersion, kind: name, metadata: { name: "one-{n}" }, data });
  const count = scaled(OBJECTS, run, 50);
  const known = `${path}/one-{n%${count}}`;
  const create: RequestForm = { method: "POST", path, body };
  const patch: RequestForm = {
    method: "PATCH",
    path: known,
    body: '{"data":{"key-1":"patched {n}"}}',
    contentType: "application/merge-patch+json",
  };
  const send = async (form: RequestForm, firstNumber = 0): Promise<RequestsResult> => {
    const job = { kind: "requests", target: user, connections: 2, senders: 16, requests: [form] } as const;
    if (form === create && firstNumber === 0) return runLoad({ ...job, count });
    return runLoad({ ...job, firstNumber, durationMs: scaled(DURATION_MS, run, 200) });
  };
  const filled = await send(create);
  const gets = await send({ method: "GET", path: known });
  const list = await runLoad({ kind: "reads", target: user, path, accept: "application/json", count: READS });
  const patches = await send(patch);
  const creates = await send(create, 1e6);
  return {
    perSecond: { creates: creates.perSecond, gets: gets.perSecond, merge_patches: patches.perSecond },
    listMs: list.durationMs,
    listMb: list.bytes / 1e6,
    failures: filled.failures + gets.failures + patches.failures + creates.failures,
  };
}

function definition(): CustomResourceDefinition {
  const schema = {
    type: "object",
    properties: {
      data: { type: "object", additionalProperties: { type: "string", maxLength: 1000 } },
      replicas: { type: "integer", minimum: 0, default: 1 },
    },
  };
  return {
    metadata: { name: `notes.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { plural: "notes", singular: "note", kind: "Note", listKind: "NoteList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

/** Resolves when the new kind answers. */
async function served(client: Client, path: string): Promise<void> {
  const begun = systemClock.monotonic();
  for (;;) {
    try {
      await client.transport.request({ method: "GET", path });
      return;
    } catch (error) {
      if (systemClock.monotonic() - begun > WAIT_MS) throw error;
    }
  }
}
