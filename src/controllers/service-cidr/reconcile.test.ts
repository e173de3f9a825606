import assert from "node:assert/strict";
import { test } from "node:test";
import { ipAddresses, serviceCIDRs } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { formatTime } from "../../base/clock.ts";
import { startScripted } from "../scripted-controller.ts";
import { SERVICE_CIDR_FINALIZER } from "./plan.ts";
import { serviceCidrController } from "./reconcile.ts";

const range = (metadata: object): AnyObject =>
  ({ metadata: { name: "more", resourceVersion: "1", ...metadata }, spec: { cidrs: ["10.0.0.0/24"] } }) as AnyObject;
const finalizers = [SERVICE_CIDR_FINALIZER];

test("a range is held, becomes ready, and goes when nobody has an address of it", async () => {
  const scripted = await startScripted(serviceCidrController, [
    [ipAddresses, { metadata: { name: "10.0.0.7", resourceVersion: "1" } }],
  ]);
  await scripted.push(serviceCIDRs, range({}), "ADDED");
  assert.deepEqual((scripted.bodies.at(-1) as AnyObject).metadata?.finalizers, finalizers);
  await scripted.push(serviceCIDRs, range({ finalizers }));
  const leaving = range({ finalizers, deletionTimestamp: formatTime(scripted.clock.now()) });
  await scripted.push(serviceCIDRs, leaving);
  await scripted.push(ipAddresses, { metadata: { name: "10.0.0.7" } } as AnyObject, "DELETED");
  const conditions = (scripted.bodies.at(-1) as { status: { conditions: { reason: string }[] } }).status.conditions;
  assert.deepEqual(
    conditions.map(({ reason }) => reason),
    ["Terminating"],
  );
  await scripted.clock.advance(10_000);
  assert.deepEqual((scripted.bodies.at(-1) as AnyObject).metadata?.finalizers, []);
  await scripted.stop();
});
