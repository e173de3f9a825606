import assert from "node:assert/strict";
import { test } from "node:test";
import { separated } from "./repeated-headers.ts";

test("names keep their commas, other headers stay as they were", () => {
  const joined = { accept: "a, b", "impersonate-group": "x, y, z", "x-remote-user": "jo" };
  const raw = ["Accept", "a, b", "Impersonate-Group", "x, y", "X-Remote-User", "jo", "impersonate-group", "z"];
  assert.deepEqual(separated(joined, raw), {
    accept: "a, b",
    "impersonate-group": ["x, y", "z"],
    "x-remote-user": ["jo"],
  });
  const plain = { accept: "a" };
  assert.equal(separated(plain, ["Accept", "a"]), plain);
});
