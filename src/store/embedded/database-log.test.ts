import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { CommitLog } from "../memory/commit-log.ts";
import { type Change, VersionedMap } from "../memory/versioned-map.ts";
import { compactMap } from "../testing/compact-map.ts";
import { createDatabaseFile, type DataDirectory, openDataDirectory } from "./data-directory.ts";
import { createDatabaseLog } from "./database-log.ts";
import { loadStore } from "./load.ts";
import { startWriterThread, type WriterThread } from "./writer-thread.ts";

interface Opened {
  log: CommitLog;
  map: VersionedMap;
  paths: DataDirectory;
  /** The threads that the log has had. */
  threads: WriterThread[];
}

const clock = new VirtualClock();
const put = (key: string): Change => ({ key, value: Buffer.from(`value of ${key}`) });

function openLog(context: TestContext): Opened {
  const paths = openDataDirectory(mkdtempSync(join(tmpdir(), "wherry-database-log-")));
  createDatabaseFile(paths);
  const map = new VersionedMap();
  const threads: WriterThread[] = [];
  const startThread = (): WriterThread => {
    const thread = startWriterThread();
    threads.push(thread);
    return thread;
  };
  const { database, acknowledged } = paths;
  const options = { clock, logger: silentLogger, database, acknowledged, maximumBytes: undefined, map, startThread };
  const log = createDatabaseLog(startThread(), options);
  context.after(async () => {
    await log.close();
    rmSync(paths.directory, { recursive: true });
  });
  return { log, map, paths, threads };
}

async function keysOnDisk(paths: DataDirectory): Promise<string[]> {
  const { map } = await loadStore(paths, clock, silentLogger);
  return map.list({ prefix: "" }).items.map((item) => item.key);
}

test("a new thread takes over from one that died, without what was never acknowledged", async (context) => {
  const { log, map, paths, threads } = openLog(context);
  await log.commit([put("/a")], 2);
  map.apply(put("/a"));
  // Committed, but the answer is lost: the map never hears of it.
  await log.commit([put("/unknown")], 3);
  await threads[0]?.stop();
  await assert.rejects(log.commit([put("/b")], 3), /writer thread has ended/);
  await log.recover();
  assert.equal(threads.length, 2);
  assert.deepEqual(await keysOnDisk(paths), ["/a"]);
  await log.commit([put("/b")], 3);
  assert.deepEqual(await keysOnDisk(paths), ["/a", "/b"]);
});

test("commits need not wait for each other, and are on the disk in their order", async (context) => {
  const { log, map, paths } = openLog(context);
  const large = Buffer.alloc(3 * 1024 * 1024, "x");
  const values = [Buffer.from("first"), large, undefined, Buffer.from("last")];
  const commits = values.map((value, index) => {
    const change = { key: index < 3 ? "/a" : "/b", value };
    map.apply(change);
    return log.commit([change], 2 + index);
  });
  await Promise.all(commits);
  const loaded = await loadStore(paths, clock, silentLogger);
  assert.equal(loaded.map.revision, 5);
  assert.equal(loaded.map.get("/a", 3)?.value.equals(large), true);
  assert.deepEqual([loaded.map.get("/a"), loaded.map.get("/b")?.value.toString()], [undefined, "last"]);
});

test("what was asked for behind a commit that failed fails, also when it could be done, until the recovery", async (context) => {
  const { log, paths } = openLog(context);
  await log.recover();
  const reader = new DatabaseSync(paths.database);
  reader.exec("BEGIN; INSERT INTO metadata VALUES ('somebody else', 1)");
  const first = assert.rejects(log.commit([put("/a")], 2), /locked/);
  // A compaction between the two keeps them from being one transaction.
  const compaction = log.compact(1, []);
  const second = assert.rejects(log.commit([put("/b")], 3), /locked/);
  await first;
  reader.exec("ROLLBACK");
  reader.close();
  await Promise.all([second, compaction]);
  await assert.rejects(log.commit([put("/c")], 4), /locked/);
  await log.recover();
  await log.commit([put("/c")], 2);
  assert.deepEqual(await keysOnDisk(paths), ["/c"]);
});

test("a database that could not be opened is opened by the recovery", async (context) => {
  const { log, paths } = openLog(context);
  const reader = new DatabaseSync(paths.database);
  reader.exec("BEGIN; INSERT INTO metadata VALUES ('somebody else', 1)");
  await assert.rejects(log.commit([put("/a")], 2));
  reader.exec("ROLLBACK");
  reader.close();
  await log.recover();
  await log.commit([put("/a")], 2);
  assert.deepEqual(await keysOnDisk(paths), ["/a"]);
});

test("an interrupted compaction never brings a removed key back, and is finished later", async (context) => {
  const { log, map, paths } = openLog(context);
  const changes: Change[] = [put("/a"), put("/a"), { key: "/a", value: undefined }, put("/b")];
  await log.commit(changes, 2);
  for (const change of changes) map.apply(change);
  const forgotten = compactMap(map, 5);
  assert.deepEqual(forgotten, [2, 3, 4]);
  for (let dropped = 0; dropped < forgotten.length; dropped++) {
    await log.compact(5, forgotten.slice(dropped, dropped + 1));
    const loaded = await loadStore(paths, clock, silentLogger);
    assert.deepEqual(await keysOnDisk(paths), ["/b"]);
    assert.deepEqual(loaded.forgotten, forgotten.slice(dropped + 1), "what is left to drop");
    assert.deepEqual([loaded.map.revision, loaded.map.compactedRevision], [5, 5]);
  }
});
