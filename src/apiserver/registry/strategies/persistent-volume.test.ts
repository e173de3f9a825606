import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeStatus } from "../../../api/generated/core/v1.ts";
import type { WriteContext } from "../strategy.ts";
import { persistentVolumeStrategy } from "./persistent-volume.ts";

const NOW = "2026-01-02T03:04:05Z";
const BEFORE = "2025-01-01T00:00:00Z";
const context = { clock: { now: () => Date.parse(NOW) } } as unknown as WriteContext;
const volume = (status: PersistentVolumeStatus): PersistentVolume => ({ metadata: { name: "a" }, status });

test("a new volume says when it began to wait", async () => {
  const made = volume({ phase: "Pending" });
  await persistentVolumeStrategy.beforeCreate!(made, context);
  assert.deepEqual(made.status, { phase: "Pending", lastPhaseTransitionTime: NOW });
});

const changes: readonly (readonly [name: string, written: PersistentVolumeStatus, time: string])[] = [
  ["another phase", { phase: "Bound" }, NOW],
  ["another phase with the time of the last", { phase: "Bound", lastPhaseTransitionTime: BEFORE }, NOW],
  [
    "another phase, and since when",
    { phase: "Bound", lastPhaseTransitionTime: "2025-07-07T00:00:00Z" },
    "2025-07-07T00:00:00Z",
  ],
  ["the same phase", { phase: "Pending" }, BEFORE],
];
for (const [name, written, time] of changes) {
  test(`when a volume came to its phase: ${name}`, async () => {
    const changed = volume(written);
    await persistentVolumeStrategy.beforeUpdate!(
      changed,
      volume({ phase: "Pending", lastPhaseTransitionTime: BEFORE }),
      context,
    );
    assert.deepEqual(changed.status, { ...written, lastPhaseTransitionTime: time });
  });
}
