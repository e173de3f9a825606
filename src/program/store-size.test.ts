import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Metrics } from "../base/metrics.ts";
import { storeSizeMetric } from "./store-size.ts";

test("the store is as large as its database and the log before it, as they are when somebody asks", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-store-size-"));
  try {
    const metrics = new Metrics();
    storeSizeMetric(metrics, directory);
    const said = () =>
      /^apiserver_storage_size_bytes\{storage_cluster_id="embedded"\} (\d+)$/m.exec(metrics.text())?.[1];
    assert.equal(said(), "0");
    writeFileSync(join(directory, "store.db"), "x".repeat(4096));
    assert.equal(said(), "4096");
    writeFileSync(join(directory, "store.db-wal"), "x".repeat(100));
    assert.equal(said(), "4196");
  } finally {
    rmSync(directory, { recursive: true });
  }
});
