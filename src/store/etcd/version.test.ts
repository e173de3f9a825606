import assert from "node:assert/strict";
import { test } from "node:test";
import { hasSoundProgress, isSupported } from "./version.ts";

test("which versions of etcd can be used, and whose progress can be believed", () => {
  const cases: [string, boolean, boolean][] = [
    ["3.3.27", false, false],
    ["3.4.23", true, false],
    ["3.4.31", true, true],
    ["3.5.0", true, false],
    ["3.5.12", true, false],
    ["3.5.13", true, true],
    ["3.6.0-rc.3", true, true],
    ["v3.6.4", true, true],
    ["4.0.0", true, true],
    ["unknown", false, false],
  ];
  for (const [version, supported, sound] of cases) {
    assert.deepEqual([isSupported(version), hasSoundProgress(version)], [supported, sound], version);
  }
});
