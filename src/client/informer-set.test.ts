import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pods } from "../api/generated/resources.ts";
import type { ApiObject } from "../api/meta.ts";
import { expired, serviceUnavailable } from "../api/status.ts";
import { silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { turnsUntil, WorkClock } from "../base/testing/work-clock.ts";
import { currentTrace } from "../base/trace.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { Client } from "./client.ts";
import type { Change } from "./informer.ts";
import { createInformerSet } from "./informer-set.ts";
import { createScriptedTransport } from "./scripted-transport.ts";
import { TransportError, type TransportRequest, type WatchEvent } from "./transport.ts";

function pod(name: string, revision: number, more: { uid?: string; node?: string } = {}): ApiObject {
  const metadata = { namespace: "default", name, uid: more.uid ?? `uid-${name}`, resourceVersion: String(revision) };
  return { metadata, spec: { nodeName: more.node } } as ApiObject;
}

function listOf(revision: number, items: ApiObject[], token?: string): ApiObject {
  return { kind: "PodList", metadata: { resourceVersion: String(revision), continue: token }, items } as ApiObject;
}

/** An informer of pods whose lists come from `answer`; changes are kept as text. */
function setUp(answer: (request: TransportRequest) => ApiObject) {
  const clock = new VirtualClock();
  const transport = createScriptedTransport(answer);
  const set = createInformerSet({
    client: new Client(transport),
    clock,
    random: seededRandom(1),
    log: silentLogger,
  });
  const informer = set.informer(pods, { node: (item) => [item.spec?.nodeName ?? ""] });
  const changes: string[] = [];
  informer.subscribe((change) => changes.push(describeChange(change)));
  return { clock, transport, set, informer, changes };
}

function describeChange({ key, before, after }: Change<ApiObject>): string {
  const revision = (item: ApiObject | undefined): string => item?.metadata?.resourceVersion ?? "-";
  return `${key} ${revision(before)}→${revision(after)}`;
}

const event = (type: WatchEvent["type"], object: ApiObject): WatchEvent => ({ type, object });

describe("informer set", () => {
  it("takes in very many objects in as many turns as that needs, and has synced when all have been told", async () => {
    const clock = new WorkClock();
    const names = Array.from({ length: 300 }, (_, index) => `pod-${index}`);
    let shown = names;
    const transport = createScriptedTransport(() =>
      listOf(
        7,
        shown.map((name) => pod(name, 3)),
      ),
    );
    const set = createInformerSet({ client: new Client(transport), clock, random: seededRandom(1), log: silentLogger });
    const projected = set.projected({
      resource: pods,
      project: (item) => {
        clock.work(0.1);
        return item;
      },
    });
    const told = new Set<string>();
    projected.subscribe(({ key, after }) => {
      clock.work(0.1);
      assert.equal(projected.hasSynced() && shown === names, false);
      if (after === undefined) told.delete(key);
      else told.add(key);
    });
    const turns = await turnsUntil(set.start(), clock);
    assert.equal(told.size, 300);
    assert.deepEqual([...projected.each("default")], projected.list());
    assert.equal([...projected.each()].length, 300);
    assert.ok(Math.max(...turns) < 6.5, `${turns}`);
    // History is lost: what is gone is told as well, in turns.
    shown = names.slice(0, 100);
    transport.watches[0]?.events.end(expired("gone"));
    await clock.advance(200);
    assert.ok(Math.max(...(await turnsUntil(settle(), clock))) < 6.5);
    assert.equal(told.size, 100);
    await set.stop();
  });

  it("lists in pages, then watches from the list's revision", async () => {
    const { transport, set, informer, changes } = setUp((request) =>
      request.query?.continue === undefined
        ? listOf(7, [pod("a", 3)], "next")
        : listOf(7, [pod("b", 5, { node: "n1" })]),
    );
    await set.start();
    assert.deepEqual(changes, ["default/a -→3", "default/b -→5"]);
    assert.equal(informer.get("default/a")?.kind, "Pod", "items say what they are");
    assert.deepEqual(
      informer.by("node", "n1").map((item) => item.metadata?.name),
      ["b"],
    );
    await settle();
    assert.equal(transport.requests[0]?.query?.limit, "500");
    assert.equal(transport.watches[0]?.request.query?.resourceVersion, "7");
    assert.equal(transport.watches[0]?.request.query?.allowWatchBookmarks, "true");
    await set.stop();
  });

  it("applies watch events and resumes from the last revision, bookmarks included", async () => {
    const { clock, transport, set, informer, changes } = setUp(() => listOf(7, [pod("a", 3)]));
    await set.start();
    await settle();
    const { events } = transport.watches[0]!;
    events.push(event("MODIFIED", pod("a", 8, { node: "n2" })));
    events.push(event("ADDED", pod("b", 9)));
    events.push(event("DELETED", pod("a", 10)));
    events.push(event("BOOKMARK", { metadata: { resourceVersion: "25" } }));
    events.end(new TransportError("connection reset"));
    await clock.advance(1000);
    assert.deepEqual(changes, ["default/a -→3", "default/a 3→8", "default/b -→9", "default/a 10→-"]);
    assert.deepEqual(
      informer.list().map((item) => item.metadata?.name),
      ["b"],
    );
    assert.deepEqual(informer.by("node", "n2"), []);
    assert.equal(transport.requests.length, 1, "no new list");
    assert.equal(transport.watches[1]?.request.query?.resourceVersion, "25");
    await set.stop();
  });

  it("heals a gap by a new list that yields the differences", async () => {
    const lists = [
      listOf(7, [pod("same", 1), pod("changed", 2), pod("gone", 3), pod("replaced", 4)]),
      listOf(20, [pod("same", 1), pod("changed", 15), pod("replaced", 16, { uid: "other" }), pod("new", 17)]),
    ];
    const { clock, transport, set, changes } = setUp(() => lists.shift()!);
    await set.start();
    await settle();
    changes.length = 0;
    transport.watches[0]!.events.end(expired("too old resource version: 7 (15)"));
    await clock.advance(1000);
    assert.deepEqual(changes, [
      "default/gone 3→-",
      "default/changed 2→15",
      "default/replaced 4→-",
      "default/replaced -→16",
      "default/new -→17",
    ]);
    assert.equal(transport.watches[1]?.request.query?.resourceVersion, "20");
    await set.stop();
  });

  it("lists without pages when a page's revision has expired", async () => {
    const { set, informer, transport } = setUp((request) => {
      if (request.query?.continue !== undefined) throw expired("the provided continue parameter is too old");
      return request.query?.limit === undefined
        ? listOf(9, [pod("a", 1), pod("b", 2)])
        : listOf(7, [pod("a", 1)], "next");
    });
    await set.start();
    assert.equal(informer.list("default").length, 2);
    assert.equal(transport.requests.length, 3);
    await set.stop();
  });

  it("tries for ever, with delays that double up to 30 s", async () => {
    let failures = 12;
    const { clock, set, informer, transport } = setUp(() => {
      if (failures-- > 0) throw serviceUnavailable("not yet");
      return listOf(7, []);
    });
    const started = set.start();
    await clock.advance(5000);
    assert.equal(informer.hasSynced(), false);
    assert.ok(transport.requests.length > 4 && transport.requests.length < 9, `${transport.requests.length} requests`);
    await clock.advance(240_000);
    await started;
    assert.equal(transport.requests.length, 13);
    await set.stop();
  });

  it("does not hammer a server that ends each watch at once", async () => {
    const { clock, set, transport } = setUp(() => listOf(7, []));
    await set.start();
    for (let second = 0; second < 60; second++) {
      transport.watches.at(-1)?.events.end();
      await clock.advance(1000);
    }
    assert.ok(transport.watches.length < 20, `${transport.watches.length} watches`);
    await set.stop();
  });

  it("replaces a watch that the server forgot to end", async () => {
    const { clock, set, transport } = setUp(() => listOf(7, []));
    await set.start();
    await clock.advance(700_000);
    assert.ok(transport.watches.length >= 2);
    assert.ok(transport.watches[0]?.events.ended);
    await set.stop();
  });

  it("calls handlers under the change's cause, and a failing one does not stop the others", async () => {
    const { transport, set, informer } = setUp(() => listOf(7, []));
    await set.start();
    await settle();
    const seen: unknown[] = [];
    informer.subscribe(() => {
      throw new Error("handler is broken");
    });
    const stop = informer.subscribe(() => seen.push(currentTrace()));
    const cause = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
    transport.watches[0]!.events.push({ ...event("ADDED", pod("a", 8)), cause });
    await settle();
    stop();
    transport.watches[0]!.events.push(event("ADDED", pod("b", 9)));
    await settle();
    assert.deepEqual(seen, [cause]);
    await set.stop();
  });

  it("shares one reflector a resource, and gives late subscribers what is there", async () => {
    const { set, transport } = setUp(() => listOf(7, [pod("a", 3, { node: "n1" })]));
    await set.start();
    const second = set.informer(pods, { name: (item) => [item.metadata?.name ?? ""] });
    const changes: string[] = [];
    second.subscribe((change) => changes.push(describeChange(change)));
    assert.deepEqual(changes, ["default/a -→3"]);
    assert.equal(second.by("name", "a").length, 1);
    assert.throws(() => second.by("node", "n1"), /no index "node"/);
    assert.equal(transport.requests.length, 1);
    await set.stop();
  });

  it("keeps only the projection of a projected informer, chosen by its selectors", async () => {
    const { set, transport } = setUp(() => listOf(7, [pod("a", 3, { node: "n1" })]));
    const projected = set.projected({
      resource: pods,
      fieldSelector: "spec.nodeName=n1",
      project: (item) => item.spec?.nodeName ?? "",
    });
    await set.start();
    assert.deepEqual(projected.list(), ["n1"]);
    assert.equal(transport.requests[1]?.query?.fieldSelector, "spec.nodeName=n1");
    await set.stop();
  });

  it("ends a start that waits when it stops", async () => {
    const { set } = setUp(() => {
      throw serviceUnavailable("never");
    });
    const started = set.start();
    await set.stop();
    await started;
  });

  it("watches a collection once for all who keep something of it", async () => {
    const { transport, set, informer, changes } = setUp(() => listOf(7, [pod("a", 3, { node: "n1" })]));
    const names = set.projected({ resource: pods, project: (item) => item.metadata?.name ?? "" });
    const others = set.projected({ resource: pods, fieldSelector: "spec.nodeName=n1", project: (item) => item });
    const told: string[] = [];
    names.subscribe(({ before = "-", after = "-", cause }) => {
      told.push(`${before}→${after} ${currentTrace()?.spanId ?? ""} ${cause?.spanId ?? ""}`);
    });
    await set.start();
    await settle();
    assert.equal(transport.watches.length, 2);
    const cause = { traceId: "0".repeat(32), spanId: "1".repeat(16) };
    const [watch] = transport.watches.filter(({ request }) => request.query?.fieldSelector === undefined);
    watch?.events.push({ ...event("ADDED", pod("b", 8)), cause });
    watch?.events.push(event("DELETED", pod("a", 9)));
    await settle();
    assert.deepEqual(told, ["-→a  ", `-→b ${cause.spanId} ${cause.spanId}`, "a→-  "]);
    assert.deepEqual(changes, ["default/a -→3", "default/b -→8", "default/a 9→-"]);
    assert.deepEqual([names.list("default"), informer.list("default").length], [["b"], 1]);
    assert.equal(others.list().length, 1);
    const late = set.projected({ resource: pods, project: (item) => item.metadata?.uid });
    await late.synced;
    await settle();
    assert.deepEqual(late.list(), ["uid-a"], "who comes late asks anew");
    await set.stop();
  });
});
