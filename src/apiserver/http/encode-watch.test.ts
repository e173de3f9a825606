import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind } from "../../api/kinds.ts";
import { decodeWatchFrame } from "../../api/protobuf/watch-frame.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { CacheEvent } from "../cache/entry.ts";
import type { OutgoingEvent, WatchAnswer } from "../exchange.ts";
import { encode, stamp } from "../registry/codec.ts";
import { frameEncoder, framesOf } from "./encode-watch.ts";
import type { Format } from "./negotiate.ts";

const bytes = stamp(
  encode({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { b: "c" } } as never),
  3,
);
const schema = { group: "", version: "v1", kind: "ConfigMap" };
const event = new CacheEvent(3, undefined, { key: "/registry/configmaps/a", revision: 3, bytes });

async function firstFrame(format: Partial<Format>): Promise<Buffer> {
  const answer = { kind: "watch", resource: { kind: undefined, schema } } as unknown as WatchAnswer;
  const whole: Format = { encoding: "json", as: "object", pretty: false, includeObject: "Metadata", ...format };
  const frameOf = await frameEncoder(answer, whole, new VirtualClock());
  return frameOf({ type: "ADDED", event });
}

const shared: Partial<Format>[] = [
  {},
  { encoding: "protobuf" },
  { as: "metadata" },
  { encoding: "protobuf", as: "metadata" },
];
for (const format of shared) {
  test(`watchers of ${JSON.stringify(format)} share one frame`, async () => {
    assert.equal(await firstFrame(format), await firstFrame(format));
  });
}

test("each form says what it should", async () => {
  assert.equal(JSON.parse((await firstFrame({})).toString()).object.data.b, "c");
  assert.equal(JSON.parse((await firstFrame({ as: "metadata" })).toString()).object.kind, "PartialObjectMetadata");
  const { frame } = decodeWatchFrame(await firstFrame({ encoding: "protobuf" }))!;
  assert.equal((frame.object as { data: { b: string } }).data.b, "c");
  const table = JSON.parse((await firstFrame({ as: "table" })).toString());
  assert.equal(table.object.rows[0].cells[0], "a");
});

test("what a bookmark says stands in a table's one row", async () => {
  const annotations = { "k8s.io/initial-events-end": "true" };
  for (const { group, version, kind } of loadSchema().resources.filter(({ verbs }) => verbs.includes("watch"))) {
    const resource = { kind: findKind(group, version, kind), schema: { group, version, kind } };
    const answer = { kind: "watch", resource } as unknown as WatchAnswer;
    const format: Format = { encoding: "json", as: "table", pretty: false, includeObject: "Metadata" };
    const frameOf = await frameEncoder(answer, format, new VirtualClock());
    const object = { apiVersion: version, kind, metadata: { resourceVersion: "3", annotations } };
    const { rows, metadata } = JSON.parse(frameOf({ type: "BOOKMARK", object }).toString()).object;
    assert.deepEqual([rows.length, rows[0].object.metadata.annotations], [1, annotations], kind);
    assert.equal(metadata.resourceVersion, "3");
  }
});

test("what is there when a watch begins goes out as the cached bytes, and reads like all events", async () => {
  const answer = { kind: "watch", resource: { kind: undefined, schema } } as unknown as WatchAnswer;
  const present: OutgoingEvent = { type: "ADDED", event, isPresent: true };
  const bookmark: OutgoingEvent = {
    type: "BOOKMARK",
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { resourceVersion: "3" } },
  };
  for (const format of [{}, { encoding: "protobuf" }, { as: "metadata" }] as const) {
    const whole: Format = { encoding: "json", as: "object", pretty: false, includeObject: "Metadata", ...format };
    const frameOf = await frameEncoder(answer, whole, new VirtualClock());
    const added: OutgoingEvent = { type: "ADDED", event };
    const batches: OutgoingEvent[][] = [[present], [present, present, present], [present, bookmark], [added], []];
    for (const batch of batches) {
      const wanted = Buffer.concat(batch.map(frameOf)).toString();
      assert.equal(Buffer.concat(framesOf(batch, frameOf)).toString(), wanted);
    }
  }
  const frameOf = await frameEncoder(
    answer,
    { encoding: "json", as: "object", pretty: false, includeObject: "Metadata" },
    new VirtualClock(),
  );
  const cached = framesOf([present, present], frameOf).filter((each) => each === bytes);
  assert.equal(cached.length, 2, "nothing is copied");
});
