import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceCIDR } from "../../api/generated/networking.k8s.io/v1.ts";
import { mayGo, statusOf } from "./plan.ts";

const range = (...cidrs: string[]): ServiceCIDR => ({ metadata: { name: cidrs[0]! }, spec: { cidrs } });
const rows: readonly [string, ServiceCIDR, ServiceCIDR[], string[], boolean][] = [
  ["nobody has an address", range("10.0.0.0/24"), [], [], true],
  ["somebody has", range("10.0.0.0/24"), [], ["10.0.0.7"], false],
  ["of another range", range("10.0.0.0/24"), [], ["10.0.1.7"], true],
  ["a larger range stays", range("10.0.0.0/24"), [range("10.0.0.0/16")], ["10.0.0.7"], true],
  ["a smaller one holds it", range("10.0.0.0/16"), [range("10.0.0.0/24")], ["10.0.0.7"], true],
  ["a smaller one does not", range("10.0.0.0/16"), [range("10.0.0.0/24")], ["10.0.1.7"], false],
  ["the other family", range("10.0.0.0/24", "fd00::/112"), [range("10.0.0.0/16")], ["fd00::7"], false],
];
for (const [what, leaving, others, addresses, expected] of rows) {
  test(`a range goes: ${what}`, () => assert.equal(mayGo(leaving, others, addresses), expected));
}

test("what a range says of itself", () => {
  const time = "2026-01-01T00:00:00Z";
  const ready = statusOf(range("10.0.0.0/24"), time);
  assert.deepEqual(
    ready?.conditions?.map(({ status, message }) => [status, message]),
    [["True", "Kubernetes Service CIDR is ready"]],
  );
  assert.equal(statusOf({ ...range("10.0.0.0/24"), status: ready! }, time), undefined);
  const leaving = { ...range("10.0.0.0/24"), metadata: { deletionTimestamp: time }, status: ready! };
  assert.deepEqual(
    statusOf(leaving, time)?.conditions?.map(({ status, reason }) => [status, reason]),
    [["False", "Terminating"]],
  );
});
