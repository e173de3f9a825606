import assert from "node:assert/strict";
import { test } from "node:test";
import { startEtcd, withoutEtcd } from "../../../test/support/etcd.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { HistoryStart } from "./compaction.ts";
import { Compactor } from "./compactor.ts";
import { Connection } from "./connection.ts";
import { endpointTargets } from "./endpoint.ts";

test("of several servers one compacts each time, and what an interval has passed over is forgotten", {
  skip: withoutEtcd(),
  timeout: 60_000,
}, async (context) => {
  const etcd = await startEtcd();
  context.after(() => etcd.stop());
  const open = async (): Promise<{ compactor: Compactor; connection: Connection }> => {
    const by = { clock: systemClock, random: systemRandom, log: silentLogger };
    const connection = await Connection.open({ endpoints: endpointTargets({ servers: etcd.urls }), ...by });
    context.after(() => connection.close());
    const history = new HistoryStart(connection, { key: Buffer.from("/"), clock: systemClock });
    const compactor = new Compactor({ connection, history, ...by, intervalMs: 3_600_000 });
    context.after(() => compactor.stop());
    return { compactor, connection };
  };
  const put = async (value: string): Promise<number> => {
    const request = { success: [{ request_put: { key: Buffer.from("/a"), value: Buffer.from(value) } }] };
    return (await servers[0]!.connection.attempt("KV/Txn", request)).header.revision;
  };
  const servers = [await open(), await open(), await open()];
  const round = async (): Promise<(number | undefined)[]> => {
    const results: (number | undefined)[] = [];
    for (const { compactor } of servers) results.push(await compactor.takeTurn());
    return results;
  };
  await put("one");
  assert.deepEqual(await round(), [undefined, undefined, undefined], "a server that has just come forgets nothing");
  const before = await put("two");
  await round();
  const after = await put("three");
  const compacted = (await round()).filter((revision) => revision !== undefined);
  assert.equal(compacted.length, 1);
  assert.ok(compacted[0]! >= before && compacted[0]! < after);
  await assert.rejects(
    servers[1]!.connection.read("KV/Range", { key: Buffer.from("/a"), revision: compacted[0]! - 1 }),
    /compacted/,
  );
});
