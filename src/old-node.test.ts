import assert from "node:assert/strict";
import { test } from "node:test";
import { tooOldNode } from "./old-node.ts";

test("a Node that is too old is told what is needed", () => {
  assert.match(tooOldNode("v20.20.2") ?? "", /needs Node.js 24 or newer, and this is v20.20.2/);
  for (const version of ["v24.0.0", "v24.21.0", "v100.1.0"]) assert.equal(tooOldNode(version), undefined);
});
