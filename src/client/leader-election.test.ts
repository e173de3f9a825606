import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Lease } from "../api/generated/coordination.k8s.io/v1.ts";
import type { ApiObject } from "../api/meta.ts";
import { alreadyExists, conflict, notFound, serviceUnavailable } from "../api/status.ts";
import { sleep } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { Client } from "./client.ts";
import { runLeaderElection } from "./leader-election.ts";
import { createScriptedTransport } from "./scripted-transport.ts";

const of = { group: "coordination.k8s.io", resource: "leases" };

/** One Lease with optimistic concurrency; `cut` names candidates who cannot reach it. */
function leaseBehind(cut: Set<string>) {
  let lease: Lease | undefined;
  let revision = 0;
  const clientOf = (identity: string): Client =>
    new Client(
      createScriptedTransport((request) => {
        if (cut.has(identity)) throw serviceUnavailable("cut off");
        const body = request.body as Lease;
        if (request.method === "GET" && lease === undefined) throw notFound(of, "l");
        if (request.method === "POST" && lease !== undefined) throw alreadyExists(of, "l");
        if (request.method === "PUT" && body.metadata?.resourceVersion !== String(revision))
          throw conflict(of, "l", "old");
        if (request.method !== "GET") {
          lease = structuredClone({ ...body, metadata: { ...body.metadata, resourceVersion: String(++revision) } });
        }
        return structuredClone(lease) as ApiObject;
      }),
    );
  return { clientOf, holder: () => lease?.spec?.holderIdentity, transitions: () => lease?.spec?.leaseTransitions };
}

function setUp() {
  const clock = new VirtualClock();
  const cut = new Set<string>();
  const leading = new Set<string>();
  const lease = leaseBehind(cut);
  let most = 0;
  const run = (identity: string, seed: number) => {
    const stop = new AbortController();
    const ended = runLeaderElection({
      client: lease.clientOf(identity),
      clock,
      random: seededRandom(seed),
      log: silentLogger,
      lease: { namespace: "kube-system", name: "l" },
      identity,
      signal: stop.signal,
      async lead(signal) {
        leading.add(identity);
        most = Math.max(most, leading.size);
        await sleep(clock, Number.POSITIVE_INFINITY, signal);
        leading.delete(identity);
      },
    });
    return { stop, ended };
  };
  return { clock, cut, leading, lease, run, most: () => most };
}

describe("leader election", () => {
  it("has one leader, who keeps the lease", async () => {
    const { clock, leading, run, lease, most } = setUp();
    const candidates = [run("a", 1), run("b", 2), run("c", 3)];
    await clock.advance(120_000);
    assert.equal(leading.size, 1);
    assert.equal(most(), 1);
    assert.equal(lease.transitions(), 0);
    for (const { stop } of candidates) stop.abort();
    await clock.advance(1);
    await Promise.all(candidates.map(({ ended }) => ended));
  });

  it("hands over at once when the leader ends, and gives the lease back", async () => {
    const { clock, leading, run, lease } = setUp();
    const a = run("a", 1);
    await clock.advance(100);
    const b = run("b", 2);
    await clock.advance(5000);
    assert.deepEqual([...leading], ["a"]);
    a.stop.abort();
    await a.ended;
    assert.equal(lease.holder(), "");
    await clock.advance(6000);
    assert.deepEqual([...leading], ["b"]);
    assert.equal(lease.transitions(), 1);
    b.stop.abort();
    await b.ended;
  });

  it("steps down after 10 s without renewal, before another takes over after 15 s", async () => {
    const { clock, cut, leading, run, most } = setUp();
    const a = run("a", 1);
    await clock.advance(100);
    const b = run("b", 2);
    await clock.advance(5000);
    cut.add("a");
    await clock.advance(10_001);
    assert.deepEqual([...leading], []);
    await clock.advance(10_000);
    assert.deepEqual([...leading], ["b"]);
    assert.equal(most(), 1);
    a.stop.abort();
    b.stop.abort();
    await Promise.all([a.ended, b.ended]);
  });

  it("fails when the work fails", async () => {
    const { clock, lease } = setUp();
    const ended = runLeaderElection({
      client: lease.clientOf("a"),
      clock,
      random: seededRandom(1),
      log: silentLogger,
      lease: { namespace: "kube-system", name: "l" },
      identity: "a",
      signal: new AbortController().signal,
      lead: () => Promise.reject(new Error("broken")),
    });
    await assert.rejects(ended, /broken/);
  });
});
