import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCel } from "../cel/load-cel.ts";
import { claimSelectorErrors, selectorErrors } from "./device-selectors.ts";

const cel = await loadCel();
const told = (expression: string): string[] =>
  selectorErrors(cel, [{ cel: { expression } }], "s").map(({ field, message }) => `${field}: ${message}`);

const good = [
  "true",
  'device.driver == "gpu.example.com"',
  'device.attributes["gpu.example.com"].model == "a"',
  'device.attributes["gpu.example.com"].large',
  '"gpu.example.com" in device.attributes && device.attributes["gpu.example.com"].version.isGreaterThan(semver("1.0.0"))',
  'device.capacity["gpu.example.com"].memory.compareTo(quantity("10Gi")) >= 0',
  "device.allowMultipleAllocations == true",
];
for (const expression of good) test(`selects devices: ${expression}`, () => assert.deepEqual(told(expression), []));

const wrong: readonly [string, RegExp][] = [
  [
    "device.driver",
    /^s\[0\]\.cel\.expression: Invalid value: "device\.driver": must evaluate to bool or the unknown type, not string$/,
  ],
  ["device.name", /compilation failed: .*undefined field 'name'/],
  ["noSuch", /compilation failed: .*undeclared reference to 'noSuch'/],
  ["", /Invalid value: "": compilation failed: /],
  [
    'device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a.matches("(x+)+y") && b + c + d != "z"))))',
    /Forbidden: too complex, exceeds cost limit/,
  ],
];
for (const [expression, expected] of wrong) {
  test(`refused: ${expression}`, () => assert.match(told(expression).join("\n"), expected));
}

test("all selectors of a claim", () => {
  const selectors = [{ cel: { expression: "1" } }];
  const errors = claimSelectorErrors(
    cel,
    {
      devices: {
        requests: [
          { name: "a", exactly: { deviceClassName: "c", selectors } },
          { name: "b", firstAvailable: [{ name: "s", deviceClassName: "c", selectors }] },
        ],
      },
    },
    "spec",
  );
  assert.deepEqual(
    errors.map(({ field }) => field),
    [
      "spec.devices.requests[0].exactly.selectors[0].cel.expression",
      "spec.devices.requests[1].firstAvailable[0].selectors[0].cel.expression",
    ],
  );
});
