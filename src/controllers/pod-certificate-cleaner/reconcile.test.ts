import assert from "node:assert/strict";
import { test } from "node:test";
import { podCertificateRequests } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { startScripted } from "../scripted-controller.ts";
import { podCertificateCleaner } from "./reconcile.ts";

const MINUTE_MS = 60_000;

test("requests go a quarter of an hour after they came, and not before", async () => {
  const made = (name: string, creationTimestamp: string): [typeof podCertificateRequests, AnyObject] => [
    podCertificateRequests,
    { metadata: { name, namespace: "shop", uid: name, resourceVersion: "1", creationTimestamp } },
  ];
  const controller = await startScripted(podCertificateCleaner, [
    made("old", "2025-12-31T23:00:00Z"),
    made("new", "2026-01-01T00:00:00Z"),
  ]);
  assert.deepEqual(controller.writes(), ["DELETE podcertificaterequests/old"]);
  await controller.clock.advance(14 * MINUTE_MS);
  assert.equal(controller.writes().length, 1);
  await controller.clock.advance(2 * MINUTE_MS);
  assert.deepEqual(controller.writes().slice(1, 2), ["DELETE podcertificaterequests/new"]);
  await controller.stop();
});
