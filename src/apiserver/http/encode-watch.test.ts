import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeWatchFrame } from "../../api/protobuf/watch-frame.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { CacheEvent } from "../cache/entry.ts";
import type { WatchAnswer } from "../exchange.ts";
import { encode, stamp } from "../registry/codec.ts";
import { frameEncoder } from "./encode-watch.ts";
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
