import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Connection } from "./connection.ts";
import { Leases } from "./leases.ts";

/** Leases of an etcd that grants what is asked for. */
function world() {
  const clock = new VirtualClock();
  const granted: { TTL: number; ID: number }[] = [];
  const connection = {
    async attempt(_name: string, request: { TTL: number; ID: number }) {
      granted.push(request);
      return request;
    },
  } as unknown as Connection;
  return { clock, granted, leases: new Leases(connection, { clock, random: seededRandom(1) }) };
}

/** Upstream's lease manager: a lease may be shared for a twentieth of the time to live, at most a minute. */
for (const [seconds, shared] of [
  [3600, 60],
  [1000, 50],
  [100, 5],
  [10, 1],
] as const) {
  test(`keys that live ${seconds} s share a lease for ${shared} s, and none goes before its time`, async () => {
    const { clock, granted, leases } = world();
    const first = await leases.leaseFor(seconds);
    assert.equal(granted[0]?.TTL, seconds + shared);
    await clock.advance(shared * 1000);
    assert.equal(await leases.leaseFor(seconds), first);
    await clock.advance(1);
    assert.notEqual(await leases.leaseFor(seconds), first);
    assert.equal(granted.length, 2);
  });
}

test("a thousand keys share a lease, and no more", async () => {
  const { granted, leases } = world();
  const ids = await Promise.all(Array.from({ length: 2500 }, () => leases.leaseFor(3600)));
  const counts = granted.map(({ ID }) => ids.filter((id) => id === ID).length);
  assert.deepEqual(counts, [1000, 1000, 500]);
});

test("times to live of another length have leases of their own, and one that is gone is not used again", async () => {
  const { leases } = world();
  const [hour, minute] = [await leases.leaseFor(3600), await leases.leaseFor(60)];
  assert.notEqual(hour, minute);
  leases.forget(hour);
  await Promise.resolve();
  assert.notEqual(await leases.leaseFor(3600), hour);
  assert.equal(await leases.leaseFor(60), minute);
});
