import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startCluster, wherry } from "../support/cluster.ts";

/** It is told as the last step of a start, when keys and a store have been made. */
suite("a port that another program has", () => {
  let root = "";
  let port = "";
  let other: Server;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), "wherry-port-"));
    other = createServer();
    await once(other.listen(0, "127.0.0.1"), "listening");
    port = String((other.address() as AddressInfo).port);
  });
  after(() => {
    other.close();
    rmSync(root, { recursive: true });
  });

  for (const words of [["up", "--no-node"], ["up", "--no-node", "--detach"], ["apiserver"]]) {
    test(`a first start of wherry ${words.join(" ")} leaves nothing behind`, async () => {
      const dataDirectory = join(root, "data");
      const result = await wherry(...words, "--port", port, "--data-dir", dataDirectory);
      assert.equal(result.code, 5, result.stderr);
      assert.match(result.stderr, /^wherry \w+: port \d+ on 127\.0\.0\.1 is in use by another program: .*--port/m);
      assert.equal(existsSync(dataDirectory), false);
    });
  }

  test("a cluster that was there stays as it is", async () => {
    const cluster = await startCluster({ words: ["--no-node"] });
    try {
      await cluster.kubectl.ok("create", "namespace", "kept");
      assert.equal((await cluster.down()).code, 0);
      const names = readdirSync(cluster.dataDirectory, { recursive: true }).sort();
      const result = await wherry("up", "--no-node", "--port", port, "--data-dir", cluster.dataDirectory);
      assert.equal(result.code, 5, result.stderr);
      assert.deepEqual(readdirSync(cluster.dataDirectory, { recursive: true }).sort(), names);
      await cluster.up();
      await cluster.kubectl.ok("get", "namespace", "kept");
    } finally {
      await cluster.remove();
    }
  });
});
