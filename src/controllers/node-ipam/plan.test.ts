import assert from "node:assert/strict";
import { test } from "node:test";
import { firstFreeRange, formatRange, parseRange } from "./plan.ts";

const cases: { name: string; cluster: string; prefix: number; used: string[]; free: string | undefined }[] = [
  { name: "the first", cluster: "10.244.0.0/16", prefix: 24, used: [], free: "10.244.0.0/24" },
  { name: "the next", cluster: "10.244.0.0/16", prefix: 24, used: ["10.244.0.0/24"], free: "10.244.1.0/24" },
  {
    name: "a gap is filled, whatever the order",
    cluster: "10.244.0.0/16",
    prefix: 24,
    used: ["10.244.2.0/24", "10.244.0.0/24"],
    free: "10.244.1.0/24",
  },
  {
    name: "larger and smaller parts are stepped over",
    cluster: "10.244.0.0/16",
    prefix: 24,
    used: ["10.244.0.0/23", "10.244.2.128/25"],
    free: "10.244.3.0/24",
  },
  {
    name: "parts elsewhere do not count",
    cluster: "10.244.0.0/16",
    prefix: 24,
    used: ["10.0.0.0/24"],
    free: "10.244.0.0/24",
  },
  { name: "none left", cluster: "10.0.0.0/23", prefix: 24, used: ["10.0.0.0/24", "10.0.1.0/24"], free: undefined },
  {
    name: "the range's host bits do not matter",
    cluster: "10.244.9.9/16",
    prefix: 24,
    used: [],
    free: "10.244.0.0/24",
  },
];
for (const { name, cluster, prefix, used, free } of cases) {
  test(`free range: ${name}`, () => {
    const found = firstFreeRange(parseRange(cluster), prefix, used.map(parseRange));
    assert.equal(found && formatRange(found), free);
  });
}

test("what is no range is refused", () => {
  for (const text of ["10.244.0.0", "10.244.0.0/33", "10.256.0.0/16", "fd00::/64"]) {
    assert.throws(() => parseRange(text), /is no IPv4 range/);
  }
});
