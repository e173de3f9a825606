import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Logger, silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { damageLastFrame } from "../consistency/damage-log.ts";
import type { Store } from "../store.ts";
import { openAcknowledgedFile, readAcknowledged } from "./acknowledged.ts";
import { DataDirectoryError } from "./data-directory.ts";
import { openEmbeddedStore } from "./embedded-store.ts";

const FILES = ["store.db", "store.db-wal", "store.db-acknowledged"] as const;

const open = (directory: string, log: Logger = silentLogger): Promise<Store> =>
  openEmbeddedStore({ directory, clock: new VirtualClock(), log });

function newDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "wherry-acknowledged-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function copy(from: string, to: string, names: readonly string[] = FILES): void {
  for (const name of names) copyFileSync(join(from, name), join(to, name));
}

/** Keys `/1` to `/10` in a store that a crash has ended: its files, and those that it had after `/5`. */
async function crashed(context: TestContext): Promise<{ directory: string; earlier: string }> {
  const [original, earlier, directory] = [newDirectory(context), newDirectory(context), newDirectory(context)];
  const store = await open(original);
  for (let index = 1; index <= 10; index++) {
    await store.create(`/${index}`, Buffer.alloc(5000, `value ${index} `));
    if (index === 5) copy(original, earlier);
  }
  copy(original, directory);
  await store.close();
  return { directory, earlier };
}

async function keysIn(directory: string, log?: Logger): Promise<number> {
  const store = await open(directory, log);
  const { items } = await store.list({ prefix: "/" });
  await store.close();
  return items.length;
}

async function assertRefused(directory: string, message: RegExp): Promise<void> {
  const before = FILES.map((name) => readFileSync(join(directory, name), "base64"));
  await assert.rejects(open(directory), (error) => {
    assert.ok(error instanceof DataDirectoryError, String(error));
    assert.match(error.message, message);
    assert.match(error.message, /Nothing was changed\..*wherry store export/s, "it says what to do");
    return true;
  });
  assert.deepEqual(
    FILES.map((name) => readFileSync(join(directory, name), "base64")),
    before,
  );
}

test("what was acknowledged is noted with each commit, and opening writes nothing", async (context) => {
  const { directory } = await crashed(context);
  const file = join(directory, "store.db-acknowledged");
  assert.match(
    readFileSync(file, "latin1"),
    /^acknowledged through revision 0{14}11, row [0-9a-f]{8}, check [0-9a-f]{8}\n$/,
  );
  const { mtimeMs } = statSync(file);
  assert.equal(await keysIn(directory), 10);
  assert.equal(statSync(file).mtimeMs, mtimeMs);
});

test("a flipped bit in the last acknowledged transaction is refused, not taken for a torn end", async (context) => {
  const { directory } = await crashed(context);
  damageLastFrame(join(directory, "store.db-wal"));
  await assertRefused(directory, /has lost acknowledged writes: it ends at revision 10, and 11 was acknowledged/);
  await assertRefused(directory, /it ends at revision 10, and 11 was/);
});

test("an older write-ahead log, none, or an older database is refused", async (context) => {
  const { directory, earlier } = await crashed(context);
  const log = join(directory, "store.db-wal");
  const whole = readFileSync(log);
  copy(earlier, directory, ["store.db-wal"]);
  await assertRefused(directory, /it ends at revision 6, and 11 was acknowledged/);
  writeFileSync(log, "");
  await assertRefused(directory, /it ends at revision 1, and/);
  writeFileSync(log, whole);
  assert.equal(await keysIn(directory), 10);

  // Closed, so that everything is in the database.
  const old = newDirectory(context);
  copy(directory, old, ["store.db"]);
  const store = await open(directory);
  await store.create("/more", Buffer.from("x"));
  await store.close();
  copy(old, directory, ["store.db"]);
  writeFileSync(log, "");
  await assertRefused(directory, /it ends at revision 11, and 12 was/);
});

test("another database that has gone further is refused", async (context) => {
  const { directory } = await crashed(context);
  const other = newDirectory(context);
  const store = await open(other);
  for (let index = 1; index <= 20; index++) await store.create(`/other/${index}`, Buffer.from("x"));
  await store.close();
  copy(other, directory, ["store.db"]);
  writeFileSync(join(directory, "store.db-wal"), "");
  await assertRefused(directory, /its revision 11 is not the one that was acknowledged/);
});

test("a database that is gone is not begun anew", async (context) => {
  const { directory } = await crashed(context);
  rmSync(join(directory, "store.db"));
  rmSync(join(directory, "store.db-wal"));
  await assert.rejects(open(directory), /store\.db is gone, and writes up to revision 11 were acknowledged in it/);
});

test("a note that is older than the database, or missing, is believed and made anew", async (context) => {
  const { directory, earlier } = await crashed(context);
  copy(earlier, directory, ["store.db-acknowledged"]);
  assert.equal(await keysIn(directory), 10);
  rmSync(join(directory, "store.db-acknowledged"));
  const store = await open(directory);
  assert.equal((await store.create("/more", Buffer.from("x"))).revision, 12);
  await store.close();
  assert.equal((readAcknowledged(join(directory, "store.db-acknowledged")) as { revision: number }).revision, 12);
});

test("a note that is damaged is said, and the database is believed", async (context) => {
  const { directory } = await crashed(context);
  const file = join(directory, "store.db-acknowledged");
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message), named: () => logger };
  for (const damage of [
    damagedLine(file),
    "notes of mine, which are longer than any line that belongs here\n".repeat(9),
  ]) {
    writeFileSync(file, damage);
    assert.equal(readAcknowledged(file), "damaged");
    const store = await open(directory, logger);
    await store.create(`/${warnings.length}/more`, Buffer.from("x"));
    await store.close();
    assert.equal(typeof readAcknowledged(file), "object");
  }
  assert.deepEqual(
    warnings,
    Array(2).fill("how far writes were acknowledged cannot be read; the database is believed"),
  );
  writeFileSync(file, "");
  assert.equal(readAcknowledged(file), undefined, "as a power cut may leave it");
  assert.equal(await keysIn(directory), 12);
});

test("whatever goes wrong with the log: it is refused, or all that was acknowledged is there", {
  timeout: 60_000,
}, async (context) => {
  const { directory } = await crashed(context);
  const whole = readFileSync(join(directory, "store.db-wal"));
  const random = seededRandom(7);
  const outcomes = { refused: 0, whole: 0 };
  for (let round = 0; round < 60; round++) {
    const damaged = newDirectory(context);
    copy(directory, damaged);
    const at = Math.floor(random.fraction() * whole.length);
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1 << Math.floor(random.fraction() * 8);
    writeFileSync(join(damaged, "store.db-wal"), round % 3 === 0 ? whole.subarray(0, at) : bytes);
    try {
      assert.equal(await keysIn(damaged), 10, `round ${round}`);
      outcomes.whole++;
    } catch (error) {
      if (!(error instanceof DataDirectoryError)) throw error;
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.refused > 50, JSON.stringify(outcomes));
});

function damagedLine(file: string): string {
  return readFileSync(file, "latin1").replace(/\d(?=,)/, (digit) => String((Number(digit) + 1) % 10));
}

test("the last acknowledged row may have been dropped since", async (context) => {
  const directory = newDirectory(context);
  const store = await open(directory);
  const { revision } = await store.create("/a", Buffer.from("x"));
  const deleted = await store.delete("/a", revision);
  await store.compact(deleted.revision);
  await store.close();
  const again = await open(directory);
  assert.equal(again.revision(), deleted.revision);
  await again.close();
});

test("a torn end behind what was acknowledged is still cut", async (context) => {
  const { directory } = await crashed(context);
  const log = join(directory, "store.db-wal");
  const bytes = readFileSync(log);
  // The beginning of one more frame of this round.
  appendFileSync(log, Buffer.concat([Buffer.alloc(8), bytes.subarray(16, 24), Buffer.alloc(3000, 1)]));
  assert.equal(await keysIn(directory), 10);
});

test("what is retracted is gone from the disk, and what is behind it stays", (context) => {
  const path = join(newDirectory(context), "store.db-acknowledged");
  const file = openAcknowledgedFile(path);
  file.note({ revision: 5, checksum: 0xffff_ffff });
  file.retract(5);
  assert.deepEqual(readAcknowledged(path), { revision: 5, checksum: 0xffff_ffff });
  file.retract(4);
  assert.equal(readAcknowledged(path), undefined);
  file.note({ revision: 6, checksum: 7 });
  file.close();
  const again = openAcknowledgedFile(path);
  again.retract(6);
  assert.deepEqual(readAcknowledged(path), { revision: 6, checksum: 7 });
  again.retract(5);
  assert.equal(readAcknowledged(path), undefined);
  again.close();
});
