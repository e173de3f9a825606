import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { silentLogger } from "../base/log.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { followKubeconfig } from "./access-source.ts";
import { readKubeconfig } from "./kubeconfig.ts";

const scratch = mkdtempSync(join(tmpdir(), "wherry-access-"));
after(() => rmSync(scratch, { recursive: true }));
const file = join(scratch, "kubeconfig");

function write(key: string): void {
  const config = {
    clusters: [{ name: "a", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "a", user: { "client-key-data": Buffer.from(key).toString("base64") } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    "current-context": "a",
  };
  writeFileSync(`${file}.new`, JSON.stringify(config));
  renameSync(`${file}.new`, file);
}

test("a kubeconfig is read again when it changes, and stays when it is gone or broken", async () => {
  const clock = new VirtualClock();
  write("one");
  const followed = followKubeconfig(file, await readKubeconfig(file), { clock, log: silentLogger });
  let changes = 0;
  const forget = followed.onChange(() => changes++);
  const key = (): string | undefined => followed.current().clientKey;
  await followed.look();
  assert.deepEqual([key(), changes], ["one", 0]);
  write("two");
  await followed.look();
  assert.deepEqual([key(), changes], ["two", 1]);
  writeFileSync(file, "{ broken");
  await followed.look();
  unlinkSync(file);
  await followed.look();
  assert.deepEqual([key(), changes], ["two", 1]);
  write("three");
  await clock.advance(2500);
  await followed.look();
  assert.deepEqual([key(), changes], ["three", 2]);
  forget();
  write("four");
  await followed.look();
  assert.deepEqual([key(), changes], ["four", 2]);
  followed.stop();
});
