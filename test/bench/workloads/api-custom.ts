import type { CustomResourceDefinition } from "../../../src/api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions } from "../../../src/api/generated/resources.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { Client } from "../../../src/client/client.ts";
import { startBenchCluster } from "../load/bench-cluster.ts";
import type { RequestForm, RequestsResult, Target } from "../load/job.ts";
import { runLoad } from "../load/load.ts";
import { middleOne } from "../median.ts";
import { type BenchRun, scaled, type Workload } from "../workload.ts";

const OBJECTS = 5000;
/** Both kinds one after the other, of which the turn in the middle counts: how quick two cores are changes within seconds. */
const TURNS = 3;
const TURN_MS = 1500;
const READS = 5;
const WAIT_MS = 20_000;
const GROUP = "bench.wherry.local";

const OPERATIONS = ["creates", "gets", "merge_patches"] as const;
type Operation = (typeof OPERATIONS)[number];

export const apiCustom: Workload = {
  name: "api-custom",
  description:
    "objects of a CustomResourceDefinition with a structural schema against ConfigMaps of the same 2 KB, in turns: create, get and patch by 16 clients, list of 5,000",
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
      const user = cluster.admin;
      const ours = await filled(run, user, { path: builtin, apiVersion: "v1", name: "ConfigMap" });
      const theirs = await filled(run, user, { path: custom, apiVersion: `${GROUP}/v1`, name: "Note" });
      const measured: Record<string, number> = {};
      let failures = ours.failures + theirs.failures;
      const lists = await inTurns([ours, theirs], async ({ path }) => {
        const list = await runLoad({ kind: "reads", target: user, path, accept: "application/json", count: READS });
        return list.durationMs / (list.bytes / 1e6);
      });
      for (const operation of OPERATIONS) {
        const { builtin, custom } = await inTurns([ours, theirs], async ({ forms }) => {
          const result = await send(run, user, forms[operation]);
          failures += result.failures;
          return result.perSecond;
        });
        measured[`builtin_${operation}_per_second`] = builtin;
        measured[`custom_${operation}_per_second`] = custom;
        measured[`${operation}_builtin_to_custom_ratio`] = builtin / custom;
      }
      return {
        failures,
        ...measured,
        builtin_list_ms_a_mb: lists.builtin,
        custom_list_ms_a_mb: lists.custom,
        list_custom_to_builtin_ratio: lists.custom / lists.builtin,
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

interface FilledKind {
  readonly path: string;
  readonly forms: Readonly<Record<Operation, RequestForm>>;
  readonly failures: number;
}

/** Makes the objects. */
async function filled(run: BenchRun, user: Target, { path, apiVersion, name }: Kind): Promise<FilledKind> {
  const data = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key-${index}`, "text ".repeat(18)]));
  const body = (prefix: string): string =>
    JSON.stringify({ apiVersion, kind: name, metadata: { name: `${prefix}-{n}` }, data });
  const count = scaled(OBJECTS, run, 50);
  const known = `${path}/one-{n%${count}}`;
  const job = { kind: "requests", target: user, ...CLIENTS } as const;
  const made = await runLoad({ ...job, requests: [{ method: "POST", path, body: body("one") }], count });
  return {
    path,
    forms: {
      creates: { method: "POST", path, body: body("more") },
      gets: { method: "GET", path: known },
      merge_patches: {
        method: "PATCH",
        path: known,
        body: '{"data":{"key-1":"patched {n}"}}',
        contentType: "application/merge-patch+json",
      },
    },
    failures: made.failures,
  };
}

const CLIENTS = { connections: 2, senders: 16 };
/** No number comes twice, so that each create is one and each patch changes something. */
let nextNumber = 1e6;

function send(run: BenchRun, user: Target, form: RequestForm): Promise<RequestsResult> {
  const firstNumber = (nextNumber += 1e6);
  const durationMs = scaled(TURN_MS, run, 200);
  return runLoad({ kind: "requests", target: user, ...CLIENTS, requests: [form], firstNumber, durationMs });
}

/** What `measure` gives of the two, in the turn whose ratio is in the middle. */
async function inTurns(
  [ours, theirs]: readonly [FilledKind, FilledKind],
  measure: (kind: FilledKind) => Promise<number>,
): Promise<{ builtin: number; custom: number }> {
  const turns: { builtin: number; custom: number }[] = [];
  while (turns.length < TURNS) turns.push({ builtin: await measure(ours), custom: await measure(theirs) });
  return middleOne(turns, ({ builtin, custom }) => builtin / custom);
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
