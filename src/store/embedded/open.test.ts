import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { type Random, seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Store } from "../store.ts";
import { DataDirectoryError, dataDirectoryPaths } from "./data-directory.ts";
import { openEmbeddedStore } from "./embedded-store.ts";
import { loadStore } from "./load.ts";
import { PAGE_BYTES } from "./schema.ts";

const open = (directory: string): Promise<Store> =>
  openEmbeddedStore({ directory, clock: new VirtualClock(), log: silentLogger });

function newDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "wherry-open-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Opening fails with this message, and every file stays as it was (SQLite may leave an empty log beside them). */
async function assertRefused(directory: string, message: RegExp): Promise<void> {
  const read = (): [string, Buffer][] =>
    readdirSync(directory)
      .filter((name) => name !== "lock" && name !== "holder" && !name.endsWith("-shm"))
      .map((name): [string, Buffer] => [name, readFileSync(join(directory, name))])
      .filter(([name, bytes]) => !name.endsWith("-wal") || bytes.length > 0);
  const before = read();
  await assert.rejects(open(directory), (error) => {
    assert.ok(error instanceof DataDirectoryError, String(error));
    assert.match(error.message, message);
    assert.ok(error.message.includes(directory), "the message names the place");
    return true;
  });
  assert.deepEqual(read(), before);
}

/** A closed store with some objects and history; answers its database. */
async function filledStore(directory: string): Promise<string> {
  const store = await open(directory);
  for (let index = 0; index < 50; index++) await store.create(`/key/${index}`, Buffer.alloc(3000, `value ${index} `));
  await store.close();
  return join(directory, "store.db");
}

test("a second opener in this process is refused, until the first has closed", async (context) => {
  const directory = newDirectory(context);
  const first = await open(directory);
  await first.create("/a", Buffer.from("one"));
  await assertRefused(directory, new RegExp(`in use by this process \\(${process.pid}\\)`));
  await first.create("/b", Buffer.from("two"));
  await first.close();
  const second = await open(directory);
  assert.equal((await second.list({ prefix: "/" })).items.length, 2);
  await second.close();
});

test("a second process is refused with the first one's id, until that is dead", {
  timeout: 30_000,
}, async (context) => {
  const directory = newDirectory(context);
  const script = join(import.meta.dirname, "crash", "writer-process.ts");
  const child = spawn(process.execPath, [script, directory, "1"], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  for await (const _line of createInterface({ input: child.stdout })) break;
  await assert.rejects(open(directory), new RegExp(`in use by process ${child.pid}; stop that process`));
  child.kill("SIGKILL");
  await exited;
  const store = await open(directory);
  assert.ok(store.revision() > 1);
  await store.close();
});

test("only the owner can read the files", async (context) => {
  const directory = join(newDirectory(context), "below", "data");
  const store = await open(directory);
  await store.create("/a", Buffer.from("secret"));
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  for (const name of readdirSync(directory).filter((name) => name.startsWith("store"))) {
    assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name);
  }
  await store.close();
});

test("a person reads the data with SQL while the store runs", async (context) => {
  const directory = newDirectory(context);
  const store = await open(directory);
  const { revision } = await store.create("/a", Buffer.from('{"a":1}'));
  await store.update("/a", Buffer.from('{"a":2}'), revision);
  const { revision: gone } = await store.create("/b", Buffer.from("x"));
  await store.delete("/b", gone);
  const reader = new DatabaseSync(join(directory, "store.db"), { readOnly: true });
  const rows = reader.prepare("SELECT key, revision, value, written_at FROM objects").all();
  reader.close();
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [{ key: "/a", revision: revision + 1, value: '{"a":2}', written_at: "2026-01-01 00:00:00" }],
  );
  await store.close();
});

test("what is not ours is refused", async (context) => {
  const notADatabase = newDirectory(context);
  writeFileSync(join(notADatabase, "store.db"), "my precious notes\n".repeat(100));
  await assertRefused(notADatabase, /not a Wherry store/);
  assert.deepEqual(readdirSync(notADatabase), ["store.db"]);

  const foreign = newDirectory(context);
  const connection = new DatabaseSync(join(foreign, "store.db"));
  connection.exec("CREATE TABLE recipes (name TEXT)");
  connection.close();
  await assertRefused(foreign, /database of another program/);
  assert.deepEqual(readdirSync(foreign), ["store.db"]);

  const newer = newDirectory(context);
  const database = await filledStore(newer);
  const upgraded = new DatabaseSync(database);
  upgraded.exec("PRAGMA user_version = 3");
  upgraded.close();
  await assertRefused(newer, /data format 3, and this Wherry reads and writes format 2/);

  const file = join(newDirectory(context), "file");
  writeFileSync(file, "");
  await assert.rejects(open(file), /is a file; choose a directory/);
});

test("a write-ahead log whose database is gone is left alone", async (context) => {
  const directory = newDirectory(context);
  const database = await filledStore(directory);
  rmSync(database);
  writeFileSync(`${database}-wal`, Buffer.alloc(5000, 1));
  await assertRefused(
    directory,
    /store\.db is gone, but its write-ahead log .*store\.db-wal is there: put the database back/,
  );
});

test("a store that does not count its dropped rows yet counts them from the next opening on", async (context) => {
  const directory = newDirectory(context);
  const database = await compactedStore(directory);
  change(database, "DELETE FROM metadata WHERE name = 'rows_dropped'; PRAGMA user_version = 1");
  const store = await open(directory);
  const { items } = await store.list({ prefix: "/" });
  assert.equal(items.length, 25);
  await store.create("/more", Buffer.from("x"));
  await store.close();
  await (await open(directory)).close();
  change(database, "DELETE FROM changes WHERE key = '/key/30'");
  await assertRefused(directory, /25 of 26 rows can be found/);
});

const DAMAGES: [string, RegExp, (database: string) => void][] = [
  ["a flipped bit in a value", /checksum of revision \d+ is wrong/, flipBitInValue],
  [
    "a row that is missing",
    /revision 20 is missing/,
    (database) => change(database, "DELETE FROM changes WHERE revision = 20"),
  ],
  [
    "a value of another row",
    /checksum of revision 7 is wrong/,
    (database) =>
      change(database, "UPDATE changes SET value = (SELECT value FROM changes WHERE revision = 8) WHERE revision = 7"),
  ],
  ["missing metadata", /no compacted_revision/, (database) => change(database, "DELETE FROM metadata")],
  ["a file cut short", /damaged/, (database) => writeFileSync(database, readFileSync(database).subarray(0, 50_000))],
  [
    "a header overwritten",
    /no SQLite database, or its header is damaged/,
    (database) => {
      const bytes = readFileSync(database);
      writeFileSync(database, bytes.fill(0, 0, 100));
    },
  ],
];

for (const [name, message, damage] of DAMAGES) {
  test(`damaged data is refused: ${name}`, async (context) => {
    const directory = newDirectory(context);
    damage(await filledStore(directory));
    await assertRefused(directory, message);
    await assertRefused(directory, message);
  });
}

test("a row that is missing before the compacted revision is refused", async (context) => {
  const directory = newDirectory(context);
  change(await compactedStore(directory), "DELETE FROM changes WHERE key = '/key/30'");
  await assertRefused(directory, /24 of 25 rows can be found/);
});

test("whatever page goes wrong: it is refused, or all objects are there", { timeout: 60_000 }, async (context) => {
  const directory = newDirectory(context);
  const database = await compactedStore(directory);
  const whole = readFileSync(database);
  const objects = await contentOf(directory);
  const random = seededRandom(36);
  const outcomes = { refused: 0, whole: 0 };
  for (let round = 0; round < 80; round++) {
    const copy = newDirectory(context);
    writeFileSync(join(copy, "store.db"), damagedPages(whole, random));
    try {
      assert.deepEqual(await contentOf(copy), objects, `round ${round}`);
      outcomes.whole++;
    } catch (error) {
      if (!(error instanceof DataDirectoryError)) throw error;
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.refused > 20 && outcomes.whole > 5, JSON.stringify(outcomes));
});

/** A closed store whose history is compacted and whose dropped rows have left gaps; answers its database. */
async function compactedStore(directory: string): Promise<string> {
  const store = await open(directory);
  for (let index = 0; index < 50; index++) {
    const { revision } = await store.create(`/key/${index}`, Buffer.alloc(3000, `value ${index} `));
    if (index < 25) await store.delete(`/key/${index}`, revision);
  }
  await store.compact(store.revision());
  await store.close();
  return join(directory, "store.db");
}

async function contentOf(directory: string): Promise<string[]> {
  const { map } = await loadStore(dataDirectoryPaths(directory), new VirtualClock(), silentLogger);
  return map.list({ prefix: "/" }).items.map(({ key, value, revision }) => `${key} ${revision} ${value}`);
}

/** One bit of a page's header flipped, a page lost, or written over another. */
function damagedPages(whole: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(whole);
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  const anyPage = (): number => below(bytes.length / PAGE_BYTES) * PAGE_BYTES;
  const [page, other, kind] = [anyPage(), anyPage(), below(3)];
  if (kind === 0) bytes[page + below(200)]! ^= 1 << below(8);
  else if (kind === 1) bytes.fill(0, page, page + PAGE_BYTES);
  else whole.copy(bytes, other, page, page + PAGE_BYTES);
  return bytes;
}

function flipBitInValue(database: string): void {
  const bytes = readFileSync(database);
  const at = bytes.indexOf("value 33 value 33");
  bytes[at + 100]! ^= 1;
  writeFileSync(database, bytes);
}

function change(database: string, sql: string): void {
  const connection = new DatabaseSync(database);
  connection.exec(sql);
  connection.close();
}
