import assert from "node:assert/strict";
import { test } from "node:test";
import { testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { resourcePoolStatusRequestKind as kind } from "./pool-status-request.ts";

testNew(kind, [
  ["of all pools", { spec: { driver: "gpu.example.com" } }],
  [
    "of nobody, and far too many",
    { spec: { driver: "", poolName: "", limit: 1001 } },
    "spec.driver: Required value",
    'spec.poolName: Invalid value: "": segment 0: must not be empty',
    "spec.limit: Invalid value: 1001: must be less than or equal to 1000",
  ],
]);

test("it is answered once, with counts of what there is", () => {
  const request = (status?: object) => ({ spec: { driver: "a" }, ...(status === undefined ? {} : { status }) });
  const pool = { driver: "a", poolName: "p", generation: 1, resourceSliceCount: 1, totalDevices: 2 };
  const answer = { poolCount: 1, pools: [pool] };
  assert.deepEqual(wrongWithStatus(kind, request(answer), request()), []);
  assert.deepEqual(
    wrongWithStatus(
      kind,
      request({ poolCount: -1, pools: [{ poolName: "p", resourceSliceCount: 0, allocatedDevices: -1 }] }),
      request(),
    ),
    [
      "status.poolCount: Invalid value: -1: must be greater than or equal to 0",
      "status.pools[0].driver: Required value",
      "status.pools[0].resourceSliceCount: Invalid value: 0: must be greater than or equal to 1",
      "status.pools[0].allocatedDevices: Invalid value: -1: must be greater than or equal to 0",
    ],
  );
  const pools = Array.from({ length: 1001 }, () => ({}));
  assert.deepEqual(wrongWithStatus(kind, request({ poolCount: 1001, pools }), request()), [
    "status.pools: Too many: 1001: must have at most 1000 items",
  ]);
  const [late] = wrongWithStatus(kind, request({ poolCount: 2 }), request(answer));
  assert.match(late ?? "", /^status: Invalid value: .*: field is immutable$/);
});
