import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { configMaps } from "../api/generated/resources.ts";
import { silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { createInformerSet } from "../client/informer-set.ts";
import type { Answering, Exchange } from "./exchange.ts";
import { observed, textAnswer, withInfo } from "./exchange.ts";
import { exchangeOf } from "./http/http-exchange.ts";
import type { Message } from "./http/message.ts";
import { RequestScope } from "./http/request-scope.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";

let cluster: MemoryServer;

before(async () => {
  cluster = await startMemoryServer();
  await cluster.client.create(configMaps, { metadata: { name: "here", namespace: "default" }, data: { a: "b" } });
});
after(() => cluster.close());

function asked(url: string): Exchange {
  const message: Message = {
    method: "GET",
    url,
    headers: {},
    credentials: { headers: {} },
    body: { contentType: "", read: async () => Buffer.alloc(0) },
    remoteAddress: "192.0.2.1",
    upgrade: undefined,
  };
  const exchange = exchangeOf(message, new RequestScope());
  exchange.user = { name: "admin", groups: ["system:masters"] };
  return exchange;
}

const HERE = "/api/v1/namespaces/default/configmaps/here";

test("an object that is in the cache is answered at once, and so is what is not there", async () => {
  // The first reader waits for the cache.
  await cluster.server.handler(asked(HERE));
  const answer = cluster.server.handler(asked(HERE));
  assert.ok(!(answer instanceof Promise) && answer.kind === "object");
  assert.match(answer.bytes?.toString() ?? "", /^\{"kind":"ConfigMap"/);
  assert.equal(answer.object.metadata?.name, "here");
  const gone = cluster.server.handler(asked(`${HERE}-not`));
  assert.ok(!(gone instanceof Promise) && gone.kind === "object" && gone.code === 404);
});

test("a copy of a request still makes its signal when somebody asks", () => {
  const exchange = asked(HERE);
  const copy = withInfo(exchange, { ...exchange.info, name: "other" });
  assert.deepEqual([copy.info.name, exchange.info.name, copy.path], ["other", "here", HERE]);
  exchange.giveUp?.();
  assert.equal(copy.signal.aborted, true);
});

test("how the rest of the chain ends is told once, whether it waits or not", async () => {
  const told: (string | undefined)[] = [];
  const look = (answer: () => Answering) => observed(answer, (got) => void told.push(got?.kind));
  const fail = (): never => {
    throw new Error("broken");
  };
  void look(() => textAnswer("now"));
  await look(async () => textAnswer("later"));
  assert.throws(() => void look(fail), /broken/);
  await assert.rejects(async () => look(async () => fail()), /broken/);
  assert.deepEqual(told, ["text", "text", undefined, undefined]);
});

test("a component that writes finds its own change in its cache", async () => {
  const memory = await startMemoryServer();
  const informers = createInformerSet({ ...memory, random: seededRandom(1), log: silentLogger });
  const informer = informers.informer(configMaps);
  await informers.start();
  for (let number = 0; number < 20; number++) {
    const name = `own-${number}`;
    await memory.client.create(configMaps, { metadata: { namespace: "default", name } });
    assert.ok(informer.get(`default/${name}`) !== undefined, name);
  }
  await informers.stop();
  await memory.close();
});
