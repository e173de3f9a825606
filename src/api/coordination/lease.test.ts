import assert from "node:assert/strict";
import { test } from "node:test";
import { testChange, testNew } from "../testing/kind-table.ts";
import { leaseCandidateKinds, leaseKind } from "./lease.ts";
import { compareSemanticVersions, parseSemanticVersion } from "./semantic-version.ts";

test("semantic versions in their order", () => {
  const order = ["0.9.0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0", "1.36.0"];
  const read = (text: string) => parseSemanticVersion(text)!;
  const shuffled = [...order].reverse();
  assert.deepEqual(
    shuffled.sort((a, b) => compareSemanticVersions(read(a), read(b))),
    order,
  );
  assert.equal(compareSemanticVersions(read("1.0.0+a"), read("1.0.0+b")), 0);
  for (const text of ["", "1.36", "v1.36.0", "1.036.0", "1.36.0-"]) assert.equal(parseSemanticVersion(text), undefined);
});

testNew(leaseKind, [
  ["held", { spec: { holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 0 } }],
  [
    "numbers, and a holder without a strategy",
    { spec: { leaseDurationSeconds: 0, leaseTransitions: -1, preferredHolder: "b" } },
    "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
    "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
  ],
  ["a strategy of one's own", { spec: { strategy: "example.com/mine", preferredHolder: "b" } }],
  [
    "an unknown strategy",
    { spec: { strategy: "Mine" } },
    'spec.strategy.strategy: Unsupported value: "Mine": supported values: "OldestEmulationVersion"',
  ],
]);

const [candidateKind] = leaseCandidateKinds;
const candidate = (spec: object) => ({
  spec: {
    leaseName: "a",
    binaryVersion: "1.36.0",
    emulationVersion: "1.36.0",
    strategy: "OldestEmulationVersion",
    ...spec,
  },
});
testNew(candidateKind!, [
  ["sound", candidate({})],
  ["any name that a key may have", { metadata: { name: "A_b-" }, ...candidate({}) }],
  [
    "nothing",
    { spec: {} },
    "spec.leaseName: Required value",
    "spec.binaryVersion: Required value",
    "spec.strategy: Required value",
  ],
  [
    "versions that are none",
    candidate({ binaryVersion: "1.36", emulationVersion: "v1" }),
    'spec.emulationVersion: Invalid value: "v1": must be a valid semantic version',
    'spec.binaryVersion: Invalid value: "1.36": must be a valid semantic version',
    "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'",
  ],
  [
    "emulating what is to come",
    candidate({ emulationVersion: "1.37.0" }),
    'spec.binaryVersion: Invalid value: "1.36.0": must be greater than or equal to `emulationVersion`',
  ],
]);
testChange(candidateKind!, [
  [
    "another lease",
    candidate({ leaseName: "b" }),
    candidate({}),
    'spec.leaseName: Invalid value: "b": field is immutable',
  ],
]);
