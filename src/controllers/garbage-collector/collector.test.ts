import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyObject, OwnerReference } from "../../api/meta.ts";
import { notFound } from "../../api/status.ts";
import { Client } from "../../client/client.ts";
import { createScriptedTransport } from "../../client/scripted-transport.ts";
import type { DiscoveredResource } from "../discovery.ts";
import { Collector } from "./collector.ts";
import { OwnerGraph } from "./graph.ts";
import { ownerFacts } from "./owner-facts.ts";

const configMaps: DiscoveredResource = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  verbs: [],
};

const ownedBy = (uid: string): OwnerReference => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name: uid,
  uid,
  blockOwnerDeletion: true,
});

const object = (uid: string, owners: string[], metadata: object = {}): AnyObject => ({
  metadata: {
    name: uid,
    namespace: "default",
    uid,
    resourceVersion: "7",
    ownerReferences: owners.map(ownedBy),
    ...metadata,
  },
});

/** A collector that knows the objects of `graph` while `stored` is what the API server has. */
function create(graphObjects: AnyObject[], stored: AnyObject[]) {
  const transport = createScriptedTransport((request) => {
    const name = request.path.split("/").at(-1)!;
    const found = stored.find((each) => each.metadata?.name === name);
    if (found === undefined) throw notFound({ group: "", resource: "configmaps" }, name);
    return found;
  });
  const graph = new OwnerGraph();
  for (const each of graphObjects) graph.set(ownerFacts(configMaps, each));
  const collector = new Collector({
    client: new Client(transport),
    graph,
    resourceOf: (_group, kind) => (kind === "ConfigMap" ? configMaps : undefined),
  });
  const writes = () =>
    transport.requests
      .filter((request) => request.method !== "GET")
      .map(({ method, path, body }) => ({ method, name: path.split("/").at(-1), body }));
  return { collector, writes, transport };
}

test("what nobody owns is deleted, on the condition that it is still the same", async () => {
  const lost = object("lost", ["gone"]);
  const { collector, writes } = create([lost], [lost]);
  await collector.look("lost");
  const body = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid: "lost", resourceVersion: "7" },
    propagationPolicy: "Background",
  };
  assert.deepEqual(writes(), [{ method: "DELETE", name: "lost", body }]);
});

test("an owner that the graph does not know but the API server does is an owner", async () => {
  const kept = object("kept", ["owner"]);
  const { collector, writes } = create([kept], [kept, object("owner", [])]);
  await collector.look("kept");
  assert.deepEqual(writes(), []);
});

test("an object of the owner's name with another uid is no owner", async () => {
  const lost = object("lost", ["owner"]);
  const reborn = object("owner", [], { uid: "another" });
  const { collector, writes } = create([lost], [lost, reborn]);
  await collector.look("lost");
  assert.deepEqual(
    writes().map(({ method }) => method),
    ["DELETE"],
  );
});

test("an owner that is gone is asked for once", async () => {
  const objects = ["a", "b", "c"].map((name) => object(name, ["gone"]));
  const { collector, transport } = create(objects, objects);
  for (const name of ["a", "b", "c"]) await collector.look(name);
  assert.equal(transport.requests.filter(({ path }) => path.endsWith("/gone")).length, 1);
});

test("an owner of unknown kind deletes nothing", async () => {
  const strange = object("strange", []);
  strange.metadata!.ownerReferences = [{ ...ownedBy("x"), kind: "Mystery" }];
  const { collector, writes } = create([strange], [strange]);
  await assert.rejects(collector.look("strange"), /no resource of kind Mystery/);
  assert.deepEqual(writes(), []);
});

test("foreground: the owner waits for its dependents, then goes", async () => {
  const owner = object("owner", [], { deletionTimestamp: "t", finalizers: ["foregroundDeletion", "other"] });
  const dependent = object("dependent", ["owner"]);
  const waiting = create([owner, dependent], [owner, dependent]);
  assert.deepEqual(await waiting.collector.look("owner"), ["dependent"]);
  assert.deepEqual(waiting.writes(), []);
  const alone = create([owner], [owner]);
  await alone.collector.look("owner");
  assert.deepEqual(alone.writes(), [
    { method: "PATCH", name: "owner", body: { metadata: { finalizers: ["other"], resourceVersion: "7" } } },
  ]);
});

test("orphan: dependents lose the reference, then the owner goes", async () => {
  const owner = object("owner", [], { deletionTimestamp: "t", finalizers: ["orphan"] });
  const dependent = object("dependent", ["owner", "second"]);
  const { collector, writes } = create([owner, dependent], [owner, dependent]);
  await collector.look("owner");
  assert.deepEqual(writes(), [
    {
      method: "PATCH",
      name: "dependent",
      body: { metadata: { ownerReferences: [ownedBy("second")], resourceVersion: "7" } },
    },
    { method: "PATCH", name: "owner", body: { metadata: { finalizers: [], resourceVersion: "7" } } },
  ]);
});

test("a cycle in foreground deletion is opened", async () => {
  const first = object("first", ["second"], { deletionTimestamp: "t", finalizers: ["foregroundDeletion"] });
  const second = object("second", ["first"]);
  const { collector, writes } = create([first, second], [first, second]);
  await collector.look("second");
  assert.deepEqual(
    writes().map(({ method, name }) => `${method} ${name}`),
    ["PATCH second", "DELETE second"],
  );
});
