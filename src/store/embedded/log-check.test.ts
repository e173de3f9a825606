import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Logger, silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Store } from "../store.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { checkLog } from "./log-check.ts";
import { PAGE_BYTES } from "./schema.ts";

const FRAME_BYTES = PAGE_BYTES + 24;

const open = (directory: string, log: Logger = silentLogger): Promise<Store> =>
  openEmbeddedStore({ directory, clock: new VirtualClock(), log });

/** The files of a store that wrote `/1` to `/10`, one transaction each, and was never closed. */
async function uncleanCopy(context: TestContext): Promise<{ directory: string; log: string }> {
  const original = mkdtempSync(join(tmpdir(), "wherry-log-"));
  const directory = mkdtempSync(join(tmpdir(), "wherry-log-"));
  const store = await open(original);
  for (let index = 1; index <= 10; index++) await store.create(`/${index}`, Buffer.alloc(5000, `value ${index} `));
  for (const name of ["store.db", "store.db-wal"]) copyFileSync(join(original, name), join(directory, name));
  await store.close();
  context.after(() => {
    rmSync(original, { recursive: true });
    rmSync(directory, { recursive: true });
  });
  return { directory, log: join(directory, "store.db-wal") };
}

/** Flips a bit of the page in a frame; negative frames count from the end. */
function damageFrame(log: string, index: number): void {
  const bytes = readFileSync(log);
  const frames = (bytes.length - 32) / FRAME_BYTES;
  const offset = 32 + ((index + frames) % frames) * FRAME_BYTES + 24 + 1000;
  bytes[offset]! ^= 1;
  writeFileSync(log, bytes);
}

async function keysAfterOpen(directory: string, log?: Logger): Promise<number> {
  const store = await open(directory, log);
  const { items } = await store.list({ prefix: "/" });
  assert.equal((await store.create("~", Buffer.from("x"))).revision, items.length + 2);
  await store.close();
  return items.length;
}

test("a log that was never closed is whole", async (context) => {
  const { directory, log } = await uncleanCopy(context);
  assert.deepEqual(checkLog(log), { unfinishedBytes: 0 });
  assert.equal(await keysAfterOpen(directory), 10);
});

test("a torn end is cut, and said", async (context) => {
  const { directory, log } = await uncleanCopy(context);
  damageFrame(log, -1);
  assert.ok(checkLog(log).unfinishedBytes > 0);
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message), named: () => logger };
  assert.equal(await keysAfterOpen(directory, logger), 9);
  assert.deepEqual(warnings, ["the last transaction was cut short before it was acknowledged, and is dropped"]);
});

test("a log that ends within a frame loses only that", async (context) => {
  const { directory, log } = await uncleanCopy(context);
  truncateSync(log, readFileSync(log).length - 100);
  assert.equal(checkLog(log).unfinishedBytes % FRAME_BYTES, FRAME_BYTES - 100);
  assert.equal(await keysAfterOpen(directory), 9);
});

test("part of a frame of an earlier round is nothing that was cut short", async (context) => {
  const { log } = await uncleanCopy(context);
  const bytes = readFileSync(log);
  writeFileSync(log, Buffer.concat([bytes, Buffer.alloc(1000, "old")]));
  assert.deepEqual(checkLog(log), { unfinishedBytes: 0 });
});

test("damage before acknowledged transactions is refused", async (context) => {
  const { directory, log } = await uncleanCopy(context);
  damageFrame(log, 2);
  await assert.rejects(
    open(directory),
    /store\.db is damaged: its write-ahead log is damaged after byte \d+, before \d+ finished transactions/,
  );
});

test("a damaged header of the log is refused", async (context) => {
  const { directory, log } = await uncleanCopy(context);
  const bytes = readFileSync(log);
  bytes[17]! ^= 1;
  writeFileSync(log, bytes);
  await assert.rejects(open(directory), /the header of its write-ahead log is wrong/);
});

test("a missing or empty log is whole", (context) => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-log-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const log = join(directory, "log");
  assert.deepEqual(checkLog(log), { unfinishedBytes: 0 });
  writeFileSync(log, "");
  assert.deepEqual(checkLog(log), { unfinishedBytes: 0 });
});
