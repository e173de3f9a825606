import assert from "node:assert/strict";
import { test } from "node:test";
import { testNew } from "../testing/kind-table.ts";
import { endpointSliceKind } from "./endpoint-slice.ts";

const at = (...addresses: string[]) => ({ addressType: "FQDN", endpoints: [{ addresses }] });
const field = "endpoints[0].addresses";

testNew(endpointSliceKind, [
  ["whole domain names", at("a.example", "b-c.example.com.")],
  [
    "what is none",
    at("", "localhost", "localhost.", `${"a".repeat(64)}.example`),
    `${field}[0]: Required value`,
    `${field}[1]: Invalid value: "localhost": should be a domain with at least two segments separated by dots`,
    `${field}[2]: Invalid value: "localhost": should be a domain with at least two segments separated by dots`,
    `${field}[3]: Invalid value: "${"a".repeat(64)}": must be no more than 63 characters`,
  ],
]);

test("a slice of domain names is warned of when it comes", () => {
  const slice = at("a.example") as object;
  assert.deepEqual(endpointSliceKind.warnings!(slice), ["spec.addressType: FQDN endpoints are deprecated"]);
  assert.deepEqual(endpointSliceKind.warnings!(slice, slice), []);
});
