import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMapList } from "../../api/generated/core/v1.ts";
import { findKind } from "../../api/kinds.ts";
import { decodeObject } from "../../api/protobuf/decode.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { type Table, tableOf } from "../../api/table.ts";
import { systemClock } from "../../base/clock.ts";
import { turnsUntil, WorkClock } from "../../base/testing/work-clock.ts";
import type { ListAnswer } from "../exchange.ts";
import { encode, stamp } from "../registry/codec.ts";
import { largeList } from "../testing/large-list.ts";
import { encodeList } from "./encode-list.ts";
import type { Block, Blocks } from "./list-blocks.ts";
import type { Format } from "./negotiate.ts";

const COUNTS = [0, 1, 100, 250];
const clock = { ...systemClock, now: () => Date.UTC(2026, 1) };
const schema = loadSchema().resources.find(({ resource }) => resource === "configmaps");

function answerOf(count: number): ListAnswer {
  const entries = Array.from({ length: count }, (_, index) => {
    const metadata = { name: `map-${index}`, namespace: "default", uid: `uid-${index}`, labels: { "a/b": "ä" } };
    const bytes = stamp(encode({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { n: `${index}` } } as never), 7);
    return { key: `/registry/configmaps/default/map-${index}`, revision: 7, bytes };
  });
  return { kind: "list", resource: { schema, kind: undefined }, revision: 9, entries } as unknown as ListAnswer;
}

async function bytesOf(count: number, format: Partial<Format>): Promise<Buffer> {
  const whole: Format = { encoding: "json", as: "object", pretty: false, includeObject: "Metadata", ...format };
  const chunks: Buffer[] = [];
  for await (const block of encodeList(answerOf(count), whole, clock)) chunks.push(...block);
  return Buffer.concat(chunks);
}

for (const count of COUNTS) {
  test(`a list of ${count} says the same in every form`, async () => {
    const list = JSON.parse((await bytesOf(count, {})).toString()) as ConfigMapList;
    assert.equal(list.kind, "ConfigMapList");
    assert.equal(list.metadata?.resourceVersion, "9");
    assert.equal(list.items.length, count);

    assert.deepEqual(JSON.parse((await bytesOf(count, { pretty: true })).toString()), list);

    const decoded = decodeObject(await bytesOf(count, { encoding: "protobuf" }));
    assert.deepEqual(decoded.kind, "ConfigMapList");
    assert.deepEqual((decoded.object as unknown as ConfigMapList).items ?? [], list.items);

    const metadata = JSON.parse((await bytesOf(count, { as: "metadata" })).toString()) as ConfigMapList;
    assert.equal(metadata.kind, "PartialObjectMetadataList");
    assert.deepEqual(
      metadata.items.map((item) => item.metadata),
      list.items.map((item) => item.metadata),
    );

    const table = JSON.parse((await bytesOf(count, { as: "table" })).toString()) as Table;
    assert.equal(table.kind, "Table");
    assert.deepEqual(
      table.rows.map((row) => row.cells[0]),
      list.items.map((item) => item.metadata?.name),
    );
  });
}

test("only custom resources say in a list of what kind they are", async () => {
  for (const [custom, kinds] of [
    [undefined, [undefined, undefined]],
    [{}, ["ConfigMap", "v1"]],
  ] as const) {
    const answer = answerOf(3);
    const list = { ...answer, resource: { ...answer.resource, custom } } as unknown as ListAnswer;
    for (const form of [{}, { pretty: true }]) {
      const format: Format = { encoding: "json", as: "object", pretty: false, includeObject: "Metadata", ...form };
      const chunks: Buffer[] = [];
      for await (const block of encodeList(list, format, clock)) chunks.push(...block);
      const { items } = JSON.parse(Buffer.concat(chunks).toString()) as ConfigMapList;
      for (const { kind, apiVersion, data } of items)
        assert.deepEqual([kind, apiVersion, data?.n?.length], [...kinds, 1]);
    }
  }
});

test("what somebody stored by hand is listed as it is, however short", async () => {
  const answer = answerOf(1);
  const [entry] = answer.entries;
  const entries = [entry, { ...entry, bytes: Buffer.from('{"metadata":{}}') }];
  const format: Format = { encoding: "json", as: "object", pretty: false, includeObject: "Metadata" };
  const chunks: Buffer[] = [];
  for await (const block of encodeList({ ...answer, entries } as ListAnswer, format, clock)) chunks.push(...block);
  const { items } = JSON.parse(Buffer.concat(chunks).toString()) as ConfigMapList;
  assert.deepEqual(items[1], { metadata: {} });
});

test("only a table has its kind's order", async () => {
  const flowSchemas = loadSchema().resources.find(
    ({ resource, version }) => resource === "flowschemas" && version === "v1",
  );
  const kind = findKind("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema");
  const precedences = { a: 10000, b: 1, c: 500, d: 500 };
  const entries = Object.entries(precedences).map(([name, matchingPrecedence]) => {
    const object = { apiVersion: "flowcontrol.apiserver.k8s.io/v1", kind: "FlowSchema", metadata: { name } };
    return { key: name, revision: 7, bytes: stamp(encode({ ...object, spec: { matchingPrecedence } } as never), 7) };
  });
  const answer = {
    kind: "list",
    resource: { schema: flowSchemas, kind },
    revision: 9,
    entries,
  } as unknown as ListAnswer;
  const shown = async (as: Format["as"]): Promise<unknown> => {
    const format: Format = { encoding: "json", as, pretty: false, includeObject: "Metadata" };
    const chunks: Buffer[] = [];
    for await (const block of encodeList(answer, format, clock)) chunks.push(...block);
    return JSON.parse(Buffer.concat(chunks).toString());
  };
  const { rows } = (await shown("table")) as Table;
  assert.deepEqual(
    rows.map(({ cells, object }) => [cells[0], object?.metadata?.name]),
    ["b", "c", "d", "a"].map((name) => [name, name]),
  );
  const { items } = (await shown("object")) as ConfigMapList;
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ["a", "b", "c", "d"],
  );
});

const FORMS: readonly Partial<Format>[] = [
  { encoding: "protobuf" },
  { encoding: "protobuf", as: "metadata" },
  { as: "metadata" },
  { as: "table" },
  { as: "table", includeObject: "None" },
  { as: "table", includeObject: "Object" },
];

for (const form of FORMS) {
  test(`blocks of ${JSON.stringify(form)} that were read are written into again`, async () => {
    const format: Format = { encoding: "json", as: "object", pretty: false, includeObject: "Metadata", ...form };
    const kept: Buffer[] = [];
    for await (const block of encodeList(largeList(), format, clock)) kept.push(...block);
    const blocks = encodeList(largeList(), format, clock);
    const copied: Buffer[] = [];
    const memories = new Set<ArrayBufferLike>();
    for (let next = await blocks.next(); next.done !== true; next = await blocks.next(true)) {
      for (const each of next.value) copied.push(Buffer.from(each));
      for (const { buffer, byteLength } of next.value) if (byteLength > 64 * 1024) memories.add(buffer);
    }
    assert.ok(Buffer.concat(copied).equals(Buffer.concat(kept)));
    assert.ok(memories.size <= 2, `${memories.size} memories`);
  });
}

test("who asks for a long list in protobuf hears of it before the size of any object is known", async () => {
  const list = largeList();
  const blocks = encodeList(list, { encoding: "protobuf", as: "object", pretty: false, includeObject: "None" }, clock);
  const first = (await blocks.next()).value as Block;
  assert.equal(Buffer.concat(first).toString("latin1", 0, 4), "k8s\0");
  assert.ok(list.entries.every(({ protobufSize }) => protobufSize === undefined));
  await blocks.next();
  assert.ok(list.entries.every(({ protobufSize }) => protobufSize !== undefined));
  await blocks.return();
});

test("a table of pods shows what a table of the whole objects does", async () => {
  const list = largeList();
  const kind = findKind("", "v1", "Pod");
  const objects = list.entries.map(({ bytes }) => JSON.parse(bytes.toString()));
  for (const includeObject of ["None", "Metadata", "Object"] as const) {
    const format: Format = { encoding: "json", as: "table", pretty: false, includeObject };
    const chunks: Buffer[] = [];
    for await (const block of encodeList(list, format, clock)) chunks.push(...block);
    const expected = tableOf(kind, objects, {
      nowMs: clock.now(),
      includeObject,
      metadata: { resourceVersion: "9" },
    });
    assert.deepEqual(JSON.parse(Buffer.concat(chunks).toString()), JSON.parse(JSON.stringify(expected)));
  }
});

test("many long lists that are asked for at once hold nobody up for long, and all are whole", async () => {
  for (const form of [{ as: "table" }, { encoding: "protobuf" }, { as: "metadata" }] as const) {
    const format: Format = { encoding: "json", as: "object", pretty: false, includeObject: "Metadata", ...form };
    const list = largeList();
    const wanted = await sizeOf(encodeList(list, format, clock));
    // Looks at the clock are all that passes time here.
    const looked = Object.assign(new WorkClock(clock.now()), {
      monotonic(this: WorkClock) {
        this.work(1);
        return WorkClock.prototype.monotonic.call(this);
      },
    });
    const lists = Array.from({ length: 12 }, () => encodeList(list, format, looked));
    const sizes = Promise.all(lists.map(sizeOf));
    const turns = await turnsUntil(sizes, { ...clock, monotonic: () => WorkClock.prototype.monotonic.call(looked) });
    assert.deepEqual(await sizes, Array(12).fill(wanted));
    assert.ok(turns.length > 50, `${turns.length} turns`);
    // Each of those that wait looks once more before it does.
    assert.ok(Math.max(...turns) <= 4 + 12 + 3, `${turns}`);
  }
});

async function sizeOf(blocks: Blocks): Promise<number> {
  let size = 0;
  for await (const block of blocks) for (const { length } of block) size += length;
  return size;
}
