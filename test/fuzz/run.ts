import fc from "fast-check";
import { namespaces, serviceAccounts } from "../../src/api/generated/resources.ts";
import type { ResourceSchema, Schema } from "../../src/api/schema.ts";
import { loadSchema } from "../../src/api/schema-data.ts";
import { StatusError } from "../../src/api/status.ts";
import { createAdmissionPlugins } from "../../src/apiserver/admission/plugins.ts";
import { definitionOf, establish } from "../../src/apiserver/crd/testing/definitions.ts";
import { healthPaths } from "../../src/apiserver/handlers/health.ts";
import { type MemoryServer, startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import type { Pki } from "../../src/bootstrap/pki/ensure-pki.ts";
import { type Door, inProcessDoor } from "./door.ts";
import { edgeDoor } from "./edge-door.ts";
import { examples } from "./examples.ts";
import { broken } from "./invariants.ts";
import { type FuzzRequest, requests } from "./requests.ts";

/** A server answers so many requests; then a new one begins, so that each part replays by its own seed. */
export const PART_REQUESTS = 1000;
/** Longest time in which nothing else may run. Measured as processor time: other programs do not count. */
const BUSY_MAX_MS = 50;
const ANSWER_TIMEOUT_MS = 15_000;
/** The server's clock goes on so far in 20 ms. */
const HURRY_MS = 200;

export interface Failure {
  readonly seed: number;
  readonly index: number;
  readonly request: FuzzRequest;
  readonly problem: string;
}

export interface PartResult {
  readonly sent: number;
  readonly failures: readonly Failure[];
  readonly codes: ReadonlyMap<number, number>;
  readonly busyMaxMs: number;
}

const CUSTOM: ResourceSchema = {
  group: "stable.example.com",
  version: "v1",
  resource: "crontabs",
  singular: "crontab",
  kind: "CronTab",
  namespaced: true,
  verbs: [],
  definition: "",
};

/** The requests of a part. The same seed gives the same ones. */
export function requestsOf(seed: number, count: number): FuzzRequest[] {
  const schema = loadSchema();
  const all: Schema = { ...schema, resources: [...schema.resources, CUSTOM] };
  return fc.sample(requests(all), { seed, numRuns: count });
}

/** One server, and the requests of one seed; over the real edge when keys for it are given. */
export async function runPart(seed: number, count: number, over?: { readonly pki: Pki }): Promise<PartResult> {
  const all = requestsOf(seed, count);
  const memory = await startServer(over?.pki);
  // What waits for something to come gives up sooner than people would have to wait.
  const hurry = setInterval(() => void memory.clock.advance(HURRY_MS), 20);
  const door = over === undefined ? inProcessDoor(memory) : await edgeDoor(memory, over.pki);
  const failures: Failure[] = [];
  const codes = new Map<number, number>();
  let busyMaxMs = 0;
  try {
    for (const [index, request] of all.entries()) {
      const { code, problem, busyMs } = await ask(door, request);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      busyMaxMs = Math.max(busyMaxMs, busyMs);
      if (problem !== undefined) failures.push({ seed, index, request, problem });
    }
    const { code } = await door.send({ method: "GET", url: "/livez", headers: {}, body: Buffer.alloc(0) });
    if (code !== 200)
      failures.push({ seed, index: count, request: all.at(-1)!, problem: `/livez says ${code} at the end` });
  } finally {
    clearInterval(hurry);
    await door.close();
    await memory.close();
  }
  return { sent: all.length, failures, codes, busyMaxMs };
}

async function startServer(pki: Pki | undefined): Promise<MemoryServer> {
  const memory = await startMemoryServer({
    ...(pki !== undefined && { security: { clientAuthority: () => pki.authority.certificate } }),
    admission: (dependencies) => createAdmissionPlugins(dependencies),
    paths: () => [healthPaths({ live: [{ name: "ping", check: () => undefined }], ready: [] })],
  });
  for (const name of ["default", "kube-system"]) {
    await memory.client.create(namespaces, { metadata: { name } });
    await memory.client.create(serviceAccounts, { metadata: { name: "default", namespace: name } });
  }
  await establish(memory, definitionOf());
  for (const resource of memory.server.table.list())
    if (resource.schema.verbs.includes("create")) await populate(memory, resource.schema);
  return memory;
}

/** One object of each kind that can be made of an example: something to change and delete. */
async function populate(
  { client }: MemoryServer,
  { group, version, resource, kind, namespaced }: ResourceSchema,
): Promise<void> {
  const metadata = { name: "a", ...(namespaced && { namespace: "default" }) };
  const object = { apiVersion: "", kind: "", ...structuredClone(examples[kind] ?? {}) };
  const reference = { group, version, resource, kind, namespaced };
  await client
    .create(reference, {
      ...object,
      apiVersion: group === "" ? version : `${group}/${version}`,
      kind,
      metadata: { ...metadata, ...(object as { metadata?: object }).metadata },
    })
    .catch((error: unknown) => {
      // Other versions have made it, or the kind has no example.
      if (!(error instanceof StatusError) || error.code >= 500) throw error;
    });
}

async function ask(
  door: Door,
  request: FuzzRequest,
): Promise<{ code: number; problem: string | undefined; busyMs: number }> {
  const first = await measured(door, request);
  if (first.problem !== undefined || first.busyMs <= BUSY_MAX_MS) return first;
  // Code that runs for the first time is compiled, and garbage is collected when it is: what is slow is slow again.
  const second = await measured(door, request);
  const busyMs = Math.min(first.busyMs, second.busyMs);
  if (busyMs <= BUSY_MAX_MS) return { ...first, busyMs };
  const third = Math.min(busyMs, (await measured(door, request)).busyMs);
  const problem = third > BUSY_MAX_MS ? `nothing else could run for ${Math.round(third)} ms` : undefined;
  return { code: first.code, problem, busyMs: third };
}

async function measured(
  door: Door,
  request: FuzzRequest,
): Promise<{ code: number; problem: string | undefined; busyMs: number }> {
  const longest = watchTurns();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer in ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS);
  try {
    const answer = await Promise.race([door.send(request), late.promise]);
    const busyMs = longest();
    return { code: answer.code, problem: await broken(door, request, answer), busyMs };
  } catch (error) {
    return { code: 0, problem: `no answer: ${error instanceof Error ? error.stack : error}`, busyMs: longest() };
  } finally {
    clearTimeout(timer);
  }
}

/** Follows the turns of the event loop; the function that it answers ends that and tells the longest, in processor time. */
function watchTurns(): () => number {
  let longest = 0;
  let isOver = false;
  let last = processorMs();
  const turn = (): void => {
    const now = processorMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isOver = true;
    return Math.max(longest, processorMs() - last);
  };
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
