import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ManagedFieldsEntry } from "../../src/api/generated/meta/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { assertQuietLog } from "../support/quiet-log.ts";

const FILE = fileURLToPath(new URL("manifests/every-kind.yaml", import.meta.url));
/** Programs that kubectl runs at the same time. */
const TOGETHER = 4;

const ownKind = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "owns.own.example" },
  spec: {
    group: "own.example",
    scope: "Namespaced",
    names: { plural: "owns", kind: "Own" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: "What is made here.",
            properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
          },
        },
        additionalPrinterColumns: [{ name: "Size", type: "integer", jsonPath: ".spec.size" }],
      },
    ],
  },
};

/** Fields that the API always writes, as Go does. */
const WRITTEN_AS_NULL =
  /^ *((Event Time|(Deprecated )?(First|Last) Timestamp)|Scheduling Constraints|Pod Group Template Ref): +<nil>$/gm;

/** One object of every kind through kubectl's hands: made, shown, described, explained, changed, taken over, deleted. */
suite("kubectl and every kind", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  /** Resources as kubectl calls them, e.g. `deployments.apps`. */
  let resources: string[];
  const objects = readFileSync(FILE, "utf8").match(/^kind: /gm)!.length;

  before(async () => {
    cluster = await startCluster({ words: ["--no-node", "--simulated-nodes", "2"] });
    kubectl = cluster.kubectl;
    await kubectl.apply(ownKind);
    await kubectl.ok("wait", "crd/owns.own.example", "--for=condition=Established", "--timeout=10s");
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const lines = (text: string): string[] => text.trimEnd().split("\n");
  const all = async (verb: string, ...words: string[]): Promise<string[]> =>
    lines(await kubectl.ok(verb, "-f", FILE, ...words));
  const forEachResource = async (work: (resource: string) => Promise<void>): Promise<void> => {
    const left = [...resources];
    const worker = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
    };
    await Promise.all(Array.from({ length: TOGETHER }, worker));
  };

  test("apply makes them all; a second time changes nothing, and there is no difference", async () => {
    const made = await all("apply");
    assert.equal(made.length, objects);
    for (const line of made) assert.match(line, / created$/);
    // Controllers have been at work on them meanwhile.
    for (const line of await all("apply")) {
      // A selector with the patch strategy "replace" is sent each time, and a list whose elements come back with a null in them.
      assert.match(line, /^(poddisruptionbudget|workload)/.test(line) ? / configured$/ : / unchanged$/);
    }
    assert.deepEqual(await kubectl.with({}, "diff", "-f", FILE).then(({ code, stdout }) => [code, stdout]), [0, ""]);
    resources = lines(await kubectl.ok("api-resources", "--verbs=get,list,create", "-o", "name"));
    const kinds = new Set((await all("get", "-o", "name")).map((line) => line.split("/")[0]));
    assert.equal(kinds.size, resources.length, [...kinds].join(" "));
  });

  test("get: a table, wide, with the columns' names", async () => {
    await forEachResource(async (resource) => {
      const [head, ...rows] = lines(await kubectl.ok("get", resource, "-n", "each", "-o", "wide", "--show-labels"));
      assert.match(head!, /^(NAME|LAST SEEN) .*\bLABELS$/, resource);
      const isThere = rows.some((row) => /(^|[ .:])(each|by-hand|192\.0\.2\.7)/.test(row));
      assert.ok(isThere, `${resource}:\n${rows.join("\n")}`);
    });
  });

  test("describe", async () => {
    await forEachResource(async (resource) => {
      const text = await kubectl.ok("describe", resource, "-n", "each");
      assert.match(text, /^Name: +\S/m, resource);
      assert.doesNotMatch(text.replaceAll(WRITTEN_AS_NULL, ""), /<nil>|%!/, resource);
    });
  });

  test("explain: every field has its type and a description", async () => {
    await forEachResource(async (resource) => {
      if (resource === "events.events.k8s.io") return; // kubectl takes the name for a field of core/v1's Event.
      const text = await kubectl.ok("explain", resource);
      assert.match(text, /^KIND: +\w+\nVERSION: +\w+\n\nDESCRIPTION:\n {4}\S/m, resource);
      assert.match(text, /^ {2}metadata\t<ObjectMeta>.*\n {4}\S/m, resource);
    });
  });

  test("label and annotate", async () => {
    for (const line of await all("label", "seen=yes")) assert.match(line, / labeled$/);
    for (const line of await all("annotate", "seen=yes")) assert.match(line, / annotated$/);
  });

  test("apply --server-side takes over what client-side apply had, without a conflict", async () => {
    for (const line of await all("apply", "--server-side")) assert.match(line, / serverside-applied$/);
    const { items } = JSON.parse((await all("get", "-o", "json", "--show-managed-fields")).join("\n")) as {
      items: { kind: string; metadata: { managedFields: ManagedFieldsEntry[] } }[];
    };
    assert.equal(items.length, objects);
    for (const { kind, metadata } of items) {
      const managers = metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`);
      // Who has nothing but the note owns nothing else.
      const hasFields = kind !== "Namespace";
      assert.equal(managers.includes("kubectl Apply"), hasFields, `${kind}: ${managers.join(", ")}`);
      assert.ok(!managers.includes("kubectl-client-side-apply Update"), `${kind}: ${managers.join(", ")}`);
    }
  });

  test("delete takes them all away", async () => {
    // What protects volumes in use is lifted by controllers that may not run here.
    for (const kind of ["persistentvolume", "persistentvolumeclaim", "volumeattributesclass"])
      await kubectl.ok("patch", kind, "each", "-n", "each", "--type=merge", "-p", '{"metadata":{"finalizers":null}}');
    await all("delete", "--ignore-not-found", "--timeout=40s");
    assert.equal(await kubectl.ok("get", "-f", FILE, "--ignore-not-found", "-o", "name"), "");
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
