import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { hostLogFiles } from "./host-log-files.ts";
import { rotationStamp } from "./log-rotation.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wherry-log-"));
  path = join(directory, "0.log");
});
afterEach(() => rm(directory, { recursive: true }));

const stamp = (second: number) => rotationStamp(Date.UTC(2026, 10, 21, 9, 0, second));

async function rotate(second: number): Promise<void> {
  await writeFile(path, `log of ${second}`);
  await hostLogFiles.rotate(path, { stamp: stamp(second), keep: 3, reopen: () => writeFile(path, "") });
}

test("the newest file put aside stays readable, older ones are compressed, the oldest go", async () => {
  for (const second of [1, 2, 3, 4]) await rotate(second);
  assert.deepEqual((await readdir(directory)).sort(), ["0.log", `0.log.${stamp(3)}.gz`, `0.log.${stamp(4)}`]);
  assert.equal(await readFile(`${path}.${stamp(4)}`, "utf8"), "log of 4");
  assert.equal(gunzipSync(await readFile(`${path}.${stamp(3)}.gz`)).toString(), "log of 3");
});

test("a runtime that does not reopen its log keeps its file", async () => {
  await writeFile(path, "precious");
  const reopen = () => Promise.reject(new Error("no"));
  await assert.rejects(hostLogFiles.rotate(path, { stamp: stamp(1), keep: 3, reopen }), /no/);
  assert.equal(await readFile(path, "utf8"), "precious");
});

test("a log that is not there has no size", async () => {
  assert.equal(await hostLogFiles.sizeBytes(path), undefined);
  await writeFile(path, "12345");
  assert.equal(await hostLogFiles.sizeBytes(path), 5);
});
