import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { HostPathType } from "./files.ts";
import { hostFiles } from "./host-files.ts";

let directory: string;
const at = (name: string) => join(directory, name);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wherry-files-"));
  await mkdir(at("dir"));
  await writeFile(at("file"), "content");
});
afterEach(() => hostFiles.remove(directory));

for (const [name, type, problem] of [
  ["anything", "", undefined],
  ["dir", "Directory", undefined],
  ["file", "Directory", "is not a directory"],
  ["missing", "Directory", "is not a directory"],
  ["file", "File", undefined],
  ["dir", "File", "is not a file"],
  ["missing", "DirectoryOrCreate", undefined],
  ["file", "DirectoryOrCreate", "is not a directory"],
  ["missing", "FileOrCreate", undefined],
  ["dir", "FileOrCreate", "is not a file"],
  ["file", "Socket", "is not a socket file"],
  ["file", "CharDevice", "is not a character device"],
  ["file", "BlockDevice", "is not a block device"],
] as const) {
  test(`hostPath ${name} as ${type || "anything"}`, async () => {
    const work = hostFiles.prepareHostPath(at(name), type as HostPathType);
    if (problem === undefined) await work;
    else await assert.rejects(work, { message: `hostPath type check failed: ${at(name)} ${problem}` });
    if (type.endsWith("OrCreate") && problem === undefined) {
      assert.equal((await stat(at(name))).isDirectory(), type === "DirectoryOrCreate");
    }
  });
}

test("hostPath knows sockets and devices", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
  await hostFiles.prepareHostPath(at("socket"), "Socket");
  await new Promise((resolve) => server.close(resolve));
  await hostFiles.prepareHostPath("/dev/null", "CharDevice");
});

test("reads no more than the end of a file", async () => {
  assert.equal(await hostFiles.readTail(at("file"), 4), "tent");
  assert.equal(await hostFiles.readTail(at("missing"), 4), undefined);
});

const skip = process.getuid?.() === 0 && process.platform === "linux" ? false : "mounting needs root";

test("a subPath is pinned, and made when it is missing", { skip }, async () => {
  const target = await hostFiles.bindSubPath(at("dir"), "a/b", at("target"));
  await writeFile(join(target, "f"), "through");
  assert.equal(await readFile(at("dir/a/b/f"), "utf8"), "through");
  const file = await hostFiles.bindSubPath(directory, "file", at("target-file"));
  assert.equal(await readFile(file, "utf8"), "content");
});

test("a subPath cannot leave its volume", { skip }, async () => {
  await symlink("/etc", at("dir/out"));
  await assert.rejects(hostFiles.bindSubPath(at("dir"), "out", at("target")), /leads out of the volume/);
  await assert.rejects(hostFiles.bindSubPath(at("dir"), "../file", at("target")), /leads out of the volume/);
  await assert.rejects(hostFiles.bindSubPath(at("dir"), "out/new", at("target")), /leads out of the volume/);
});

test("what is mounted below a removed directory is unmounted, not emptied", { skip }, async () => {
  await hostFiles.mountMemory(at("memory"), { mode: 0o700, sizeBytes: 4096 });
  await hostFiles.bindSubPath(at("dir"), "kept", at("gone/bound"));
  await writeFile(at("gone/bound/f"), "kept");
  await hostFiles.remove(at("gone"));
  assert.equal(await readFile(at("dir/kept/f"), "utf8"), "kept");
  await rm(at("dir"), { recursive: true });
});
