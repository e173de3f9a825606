import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { writeAtomically } from "./atomic-writer.ts";
import type { Payload } from "./files.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wherry-atomic-"));
});
afterEach(() => rm(directory, { recursive: true }));

const payload = (files: Record<string, string>, mode = 0o644) =>
  new Map(Object.entries(files).map(([path, content]) => [path, { content: Buffer.from(content), mode }]));
const read = (path: string) => readFile(join(directory, path), "utf8");

for (const [place, inMemory] of [
  ["on disk", false],
  ["in memory", true],
] as const) {
  const write = (payload: Payload, options: { gid?: number } = {}) =>
    writeAtomically(directory, payload, { ...options, inMemory });
  test(`files are links through ..data, ${place}`, async () => {
    await write(payload({ a: "1", "dir/b": "2" }, 0o600));
    assert.equal(await read("a"), "1");
    assert.equal(await read("dir/b"), "2");
    assert.equal(await readlink(join(directory, "a")), "..data/a");
    assert.equal(await readlink(join(directory, "dir")), "..data/dir");
    assert.equal((await stat(join(directory, "a"))).mode & 0o777, 0o600);
  });

  test(`an update replaces everything and leaves nothing old, ${place}`, async () => {
    await write(payload({ a: "1", gone: "x" }));
    await write(payload({ a: "2", new: "y" }));
    assert.equal(await read("a"), "2");
    assert.equal(await read("new"), "y");
    const names = await readdir(directory);
    assert.deepEqual(names.filter((name) => !name.startsWith("..")).sort(), ["a", "new"]);
    assert.equal(names.filter((name) => name.startsWith("..") && name !== "..data").length, 1);
  });

  test(`the same content is not written again, ${place}`, async () => {
    await write(payload({ a: "1" }));
    const before = await readlink(join(directory, "..data"));
    await write(payload({ a: "1" }));
    assert.equal(await readlink(join(directory, "..data")), before);
    await write(payload({ a: "2" }));
    assert.notEqual(await readlink(join(directory, "..data")), before);
  });

  test(`an open reader never sees half of an update, ${place}`, async () => {
    await write(payload({ a: "1", b: "1" }));
    const seen = new Set<string>();
    const stop = new AbortController();
    const reading = (async () => {
      while (!stop.signal.aborted) {
        const data = await readlink(join(directory, "..data"));
        const both = await Promise.all([read(`${data}/a`), read(`${data}/b`)]).catch(() => undefined);
        if (both !== undefined) seen.add(both.join());
      }
    })();
    for (let round = 2; round < 30; round++) {
      await write(payload({ a: String(round), b: String(round) }));
    }
    stop.abort();
    await reading;
    for (const pair of seen) assert.equal(pair.split(",")[0], pair.split(",")[1]);
  });
}
