import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind } from "../kinds.ts";
import type { AnyObject } from "../meta.ts";

test("what drivers say of a claim's devices goes with the devices", () => {
  const at = (device: string) => ({ driver: "gpu.example.com", pool: "a", device });
  const claim = (allocated: readonly string[], told: readonly string[]): AnyObject => ({
    metadata: { name: "a" },
    status: { allocation: { devices: { results: allocated.map(at) } }, devices: told.map(at) },
  });
  const { prepareForStatusUpdate } = findKind("resource.k8s.io", "v1", "ResourceClaim")!;
  const draft = claim(["1"], ["1", "2", "3"]);
  prepareForStatusUpdate!(draft, claim(["1", "2"], ["1", "2"]));
  // What was never allocated is left to validation.
  assert.deepEqual((draft.status as { devices: unknown }).devices, [at("1"), at("3")]);
});
