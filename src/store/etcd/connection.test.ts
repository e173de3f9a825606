import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { startEtcd, withoutEtcd } from "../../../test/support/etcd.ts";
import { freePort } from "../../../test/support/free-port.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { StoreUnavailableError } from "../store.ts";
import { openEtcdStore } from "./etcd-store.ts";

const open = (servers: readonly string[]) =>
  openEtcdStore({ servers, clock: systemClock, random: systemRandom, log: silentLogger });

/** Takes connections and says nothing. */
async function silentServer(context: TestContext): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    context.after(() => socket.destroy());
  });
  context.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail("it was answered"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StoreUnavailableError, String(error));
  return error.message;
}

test("when no server answers at the start, each is named with what is wrong with it", async (context) => {
  const silent = await silentServer(context);
  const [first, second] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const refused = (url: string): string =>
    `etcd at ${url}: No connection established. connect ECONNREFUSED ${url.slice("http://".length)}: ` +
    "nothing listens there; start etcd, or correct --etcd-servers";
  const message = await messageOf(open([first, silent, second]));
  const [before, after] = [`${refused(first)}. etcd at ${silent}: `, `. ${refused(second)}`];
  assert.ok(message.startsWith(before) && message.endsWith(after), message);
  assert.match(message.slice(before.length, -after.length), /^(no answer in 3 s|No connection established)/);
});

test("when all servers have gone, whoever gives up says why of each that was tried", {
  skip: withoutEtcd(),
  timeout: 60_000,
}, async (context) => {
  const etcd = await startEtcd({ members: 2 });
  context.after(() => etcd.stop());
  const store = await open(etcd.urls);
  context.after(() => store.close());
  await store.create("/a", Buffer.from("1"));
  await etcd.stop();
  const messages = await Promise.all([
    messageOf(store.get("/a")),
    messageOf(store.create("/b", Buffer.from("1"))),
    messageOf(store.currentRevision()),
  ]);
  for (const message of messages) {
    for (const url of etcd.urls) assert.equal(message.split(`etcd at ${url}: `).length, 2, message);
  }
});
