import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startEtcd, withoutEtcd } from "../../../test/support/etcd.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { HistoryStart } from "./compaction.ts";
import { Compactor } from "./compactor.ts";
import { Connection } from "./connection.ts";
import { endpointTargets } from "./endpoint.ts";

interface Server {
  readonly compactor: Compactor;
  readonly connection: Connection;
}

/** A real etcd, a client that writes, and servers that compact when they are told to. */
async function world(context: TestContext): Promise<{ put(value: string): Promise<number>; open(): Promise<Server> }> {
  const etcd = await startEtcd();
  context.after(() => etcd.stop());
  const by = { clock: systemClock, random: systemRandom, log: silentLogger };
  const connect = async (): Promise<Connection> => {
    const connection = await Connection.open({ endpoints: endpointTargets({ servers: etcd.urls }), ...by });
    context.after(() => connection.close());
    return connection;
  };
  const client = await connect();
  return {
    async put(value) {
      const request = { success: [{ request_put: { key: Buffer.from("/a"), value: Buffer.from(value) } }] };
      return (await client.attempt("KV/Txn", request)).header.revision;
    },
    async open() {
      const connection = await connect();
      const history = new HistoryStart(connection, { key: Buffer.from("/"), clock: systemClock });
      const compactor = new Compactor({ connection, history, ...by, intervalMs: 3_600_000 });
      context.after(() => compactor.stop());
      return { compactor, connection };
    },
  };
}

test("of several servers one compacts each time, and what an interval has passed over is forgotten", {
  skip: withoutEtcd(),
  timeout: 60_000,
}, async (context) => {
  const { put, open } = await world(context);
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

test("each turn compacts what the turn before has found, and a turn of a time that is over compacts nothing", {
  skip: withoutEtcd(),
  timeout: 60_000,
}, async (context) => {
  const { put, open } = await world(context);
  const [first, second] = [await open(), await open()];
  assert.equal(await first.compactor.takeTurn(), undefined, "there is nothing from before");
  const one = await put("one");
  assert.equal(await first.compactor.takeTurn(), one - 1);
  const two = await put("two");
  assert.equal(await first.compactor.takeTurn(), one + 1);
  assert.equal(await first.compactor.takeTurn(), two + 1);
  assert.equal(await second.compactor.takeTurn(), undefined, "it has not seen the turns of the first");
  assert.equal(await second.compactor.takeTurn(), two + 2, "it goes on where the first has left off");
  assert.equal(await first.compactor.takeTurn(), undefined);
});
