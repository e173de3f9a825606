import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { seededRandom } from "../../base/random.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { createObject } from "./create.ts";
import type { WriteContext } from "./strategy.ts";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
});
after(() => memory.close());

/** Generated names end with these, one after the other. */
function contextWith(suffixes: string[], more: Partial<WriteContext> = {}): WriteContext {
  const random = { ...seededRandom(2), suffix: () => suffixes.shift() ?? assert.fail("no name is left") };
  const user = { name: "admin", groups: ["system:masters"] };
  return { user, dryRun: false, clock: memory.clock, random, fieldManager: "test", warn: () => {}, ...more };
}

function created(resource: string, draft: ApiObject, context: WriteContext) {
  const served = memory.server.table.find("", "v1", resource)!;
  return createObject(served, structuredClone({ apiVersion: "v1", ...draft }), context);
}

const labelSelector = { matchLabels: { app: "web" } };
const spread = { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" as const, labelSelector };
const pod: Pod = {
  kind: "Pod",
  metadata: { generateName: "web-", namespace: "default", labels: { app: "web", hash: "a" } },
  spec: {
    containers: [{ name: "main", image: "busybox" }],
    // What preparing adds to the selector is added once.
    topologySpreadConstraints: [{ ...spread, matchLabelKeys: ["hash"] }],
  },
};

test("a generated name that is taken is followed by another, and nothing else differs", async () => {
  const objects: ApiObject[] = [pod, { kind: "ConfigMap", metadata: { generateName: "web-", namespace: "default" } }];
  for (const draft of objects) {
    const resource = draft.kind === "Pod" ? "pods" : "configmaps";
    const first = await created(resource, draft, contextWith(["aaaaa"]));
    const second = await created(resource, draft, contextWith(["aaaaa", "aaaaa", "bbbbb"]));
    assert.deepEqual(
      [first, second].map(({ object }) => object.metadata?.name),
      ["web-aaaaa", "web-bbbbb"],
    );
    const { uid } = second.object.metadata ?? {};
    assert.notEqual(uid, first.object.metadata?.uid);
    const { name, resourceVersion } = second.object.metadata ?? {};
    const expected = { ...first.object, metadata: { ...first.object.metadata, uid, name, resourceVersion } };
    assert.deepEqual(second.object, expected);
    assert.deepEqual(JSON.parse(second.bytes.toString()), JSON.parse(JSON.stringify(expected)));
  }
});

test("names run out after eight tries", async () => {
  await created("pods", pod, contextWith(["ccccc"]));
  const suffixes = Array.from({ length: 9 }, () => "ccccc");
  await assert.rejects(created("pods", pod, contextWith(suffixes)), (error) => {
    assert.ok(error instanceof StatusError);
    assert.match(error.message, /pods "web-ccccc" already exists, the server was not able to generate a unique name/);
    return true;
  });
  assert.equal(suffixes.length, 1);
});

test("pods of one template are stored as if each were the only one, and what is wrong with one is told", async () => {
  const wanted = (await created("pods", pod, contextWith(["ddddd"]))).object;
  for (const suffix of ["ddddf", "ddddg", "ddddh"]) {
    const { object, bytes } = await created("pods", pod, contextWith([suffix]));
    assert.deepEqual({ ...object, metadata: 0 }, { ...wanted, metadata: 0 });
    assert.deepEqual(JSON.parse(bytes.toString()), JSON.parse(JSON.stringify(object)));
  }
  const wrong = { ...pod, spec: { ...pod.spec, restartPolicy: "Sometimes" } };
  await assert.rejects(created("pods", wrong, contextWith(["ddddj"])), /restartPolicy: Unsupported value: "Sometimes"/);
  const labels = { "not a name": "x" };
  const badlyLabelled = { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata?.labels, ...labels } } };
  await assert.rejects(created("pods", badlyLabelled, contextWith(["ddddk"])), /metadata.labels: Invalid value/);
  const warnings: string[] = [];
  const dotted = { ...pod, metadata: { ...pod.metadata, generateName: "web.x-" } };
  await created("pods", dotted, contextWith(["ddddl"], { warn: (text) => void warnings.push(text) }));
  assert.equal(warnings.length, 1);
});

test("only the storage refuses what has a version, after all else that may be wrong and never in a dry run", async () => {
  const draft = (name: string, resourceVersion: string): ApiObject => ({
    kind: "ConfigMap",
    metadata: { name, namespace: "default", resourceVersion },
  });
  await assert.rejects(created("configmaps", draft("No Name", "7"), contextWith([])), { code: 422 });
  await assert.rejects(created("configmaps", draft("v7", "7"), contextWith([])), {
    code: 400,
    message: "resourceVersion should not be set on objects to be created",
  });
  const dry = await created("configmaps", draft("v7", "7"), contextWith([], { dryRun: true }));
  assert.equal(dry.object.metadata?.name, "v7");
  const made = await created("configmaps", draft("v0", "0"), contextWith([]));
  assert.equal(made.object.metadata?.resourceVersion, String(made.revision));
});
