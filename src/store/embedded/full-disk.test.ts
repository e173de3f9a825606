import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { StoreUnavailableError } from "../store.ts";
import { openEmbeddedStore } from "./embedded-store.ts";

const DISK_BYTES = 8 * 1024 * 1024;
const BALLAST_BYTES = 3 * 1024 * 1024;

/** A real file system that is soon full; undefined where it may not be mounted. */
function smallDisk(context: TestContext): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "wherry-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", directory]);
  context.after(() => {
    if (mounted.status === 0) spawnSync("umount", [directory]);
    rmSync(directory, { recursive: true });
  });
  if (mounted.status === 0) return directory;
  context.skip("a file system may not be mounted here");
  return undefined;
}

test("a full disk refuses writes with what to do, reads on, and recovers when there is room", {
  timeout: 60_000,
}, async (context) => {
  const disk = smallDisk(context);
  if (disk === undefined) return;
  const ballast = join(disk, "ballast");
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  const clock = new VirtualClock();
  const directory = join(disk, "store");
  const store = await openEmbeddedStore({ directory, clock, log: silentLogger });
  const written: string[] = [];
  await assert.rejects(
    async () => {
      for (let index = 0; ; index++) {
        await store.create(`/${index}`, Buffer.alloc(50_000, `${index} `));
        written.push(`/${index}`);
      }
    },
    (error) =>
      error instanceof StoreUnavailableError && /no room is left on the disk.*free some room/.test(error.message),
  );
  assert.ok(written.length > 10);
  const keysOf = async (): Promise<string[]> => (await store.list({ prefix: "/" })).items.map(({ key }) => key).sort();
  assert.deepEqual(await keysOf(), [...written].sort(), "reads go on, and show what was acknowledged");
  await assert.rejects(store.create("/refused", Buffer.from("x")), StoreUnavailableError);

  rmSync(ballast);
  for (let done: unknown; done === undefined; ) {
    await clock.advance(1000);
    // The disk takes the time that it takes.
    await pause(5);
    done = await store.create("/again", Buffer.from("x")).catch(() => undefined);
  }
  assert.deepEqual(await keysOf(), [...written, "/again"].sort());
  await store.close();
  const reopened = await openEmbeddedStore({ directory, clock, log: silentLogger });
  assert.equal((await reopened.list({ prefix: "/" })).items.length, written.length + 1);
  await reopened.close();
});
