import assert from "node:assert/strict";
import { test } from "node:test";
import { startEtcd, withoutEtcd } from "../../../test/support/etcd.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { StoreUnavailableError } from "../store.ts";
import { openEtcdStore } from "./etcd-store.ts";

test("in a hurry a store whose etcd is away gives up soon, and then at once", { skip: withoutEtcd() }, async () => {
  const etcd = await startEtcd({});
  const store = await openEtcdStore({
    servers: etcd.urls,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  const took = async (work: () => Promise<unknown>): Promise<number> => {
    const from = systemClock.monotonic();
    await assert.rejects(work(), StoreUnavailableError);
    return systemClock.monotonic() - from;
  };
  try {
    await store.create("/a", Buffer.from("1"));
    store.hurry();
    await store.create("/b", Buffer.from("1"));
    await etcd.stop();
    const both = await Promise.all([took(() => store.get("/a")), took(() => store.create("/c", Buffer.from("1")))]);
    assert.ok(Math.max(...both) < 4000, `${both}`);
    assert.ok((await took(() => store.currentRevision())) < 500);
  } finally {
    await store.close();
    await etcd.stop();
  }
});
