import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { imageArchitecture, pauseProgram } from "./program.ts";

for (const [architecture, machine] of [
  ["amd64", 62],
  ["arm64", 183],
] as const) {
  test(`the ${architecture} program is a small static ELF executable`, () => {
    const bytes = pauseProgram(architecture);
    assert.equal(bytes.toString("latin1", 0, 4), "\x7fELF");
    assert.equal(bytes.readUInt16LE(16), 2);
    assert.equal(bytes.readUInt16LE(18), machine);
    assert.equal(Number(bytes.readBigUInt64LE(96)), bytes.length);
    assert.ok(bytes.length < 1024);
  });
}

const native = process.platform === "linux" ? imageArchitecture(process.arch) : undefined;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`it waits, and exits with 0 at ${signal}`, { skip: native === undefined }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "wherry-pause-"));
    const path = join(directory, "pause");
    await writeFile(path, pauseProgram(native!), { mode: 0o755 });
    const child = spawn(path);
    try {
      await once(child, "spawn");
      await setTimeout(50);
      assert.equal(child.exitCode, null);
      child.kill(signal);
      assert.deepEqual(await once(child, "exit"), [0, null]);
    } finally {
      child.kill("SIGKILL");
      await rm(directory, { recursive: true });
    }
  });
}
