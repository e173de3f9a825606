import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { requestInfo } from "../request-info.ts";
import { defaultPriorityLevels } from "./defaults.ts";
import { dealHand } from "./hand.ts";
import { SeatDemand, smoothedDemand } from "./seat-demand.ts";
import { allocateSeats, limitsOf } from "./seat-limits.ts";
import { estimateWork } from "./work-estimate.ts";

test("a hand has different cards of the deck, the same each time", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 128 }),
      fc.integer({ min: 1, max: 8 }),
      (flow, deckSize, handSize) => {
        const hand = dealHand(flow, { handSize, deckSize });
        assert.equal(hand.length, Math.min(handSize, deckSize));
        assert.equal(new Set(hand).size, hand.length);
        assert.ok(hand.every((card) => card >= 0 && card < deckSize));
        assert.deepEqual(dealHand(flow, { handSize, deckSize }), hand);
      },
    ),
  );
});

test("flows seldom share a whole hand", () => {
  const hands = Array.from({ length: 500 }, (_, flow) =>
    dealHand(`user-${flow}`, { handSize: 6, deckSize: 128 }).join(),
  );
  assert.equal(new Set(hands).size, 500);
  const cards = new Set(hands.flatMap((hand) => hand.split(",")));
  assert.equal(cards.size, 128);
});

test("upstream's 600 seats by upstream's shares", () => {
  const levels = [...defaultPriorityLevels.mandatory, ...defaultPriorityLevels.suggested].map(({ metadata, spec }) => ({
    name: metadata?.name,
    shares: spec?.limited?.nominalConcurrencyShares ?? 0,
    lendablePercent: spec?.limited?.lendablePercent ?? 0,
  }));
  const sum = levels.reduce((total, { shares }) => total + shares, 0);
  const limits = levels.map((level) => [level.name, ...Object.values(limitsOf(level, sum, 600)).slice(0, 2)]);
  assert.deepEqual(limits, [
    ["exempt", 0, 0],
    ["catch-all", 13, 13],
    ["system", 74, 50],
    ["node-high", 98, 73],
    ["leader-election", 25, 25],
    ["workload-high", 98, 49],
    ["workload-low", 245, 24],
    ["global-default", 49, 24],
  ]);
});

test("a borrowing limit bounds what a level may have", () => {
  assert.equal(limitsOf({ shares: 1, lendablePercent: 0, borrowingLimitPercent: 50 }, 2, 100).maximum, 75);
  assert.equal(limitsOf({ shares: 1, lendablePercent: 0, borrowingLimitPercent: 0 }, 2, 100).maximum, 50);
  assert.equal(limitsOf({ shares: 1, lendablePercent: 0 }, 2, 100).maximum, 100);
});

const claims: [name: string, seats: number, claims: [number, number, number][], expected: number[]][] = [
  [
    "nobody wants anything",
    100,
    [
      [10, 100, 10],
      [10, 100, 10],
    ],
    [50, 50],
  ],
  [
    "one is busy",
    100,
    [
      [10, 100, 10],
      [10, 100, 90],
    ],
    [10, 90],
  ],
  [
    "both want more than there is",
    100,
    [
      [10, 100, 200],
      [10, 100, 200],
    ],
    [50, 50],
  ],
  [
    "a bound above",
    100,
    [
      [10, 30, 90],
      [10, 100, 90],
    ],
    [30, 70],
  ],
  [
    "a bound below",
    100,
    [
      [60, 100, 60],
      [10, 100, 400],
    ],
    [60, 40],
  ],
  [
    "less than the bounds below",
    50,
    [
      [40, 100, 40],
      [40, 100, 40],
    ],
    [40, 40],
  ],
];

for (const [name, seats, bounds, expected] of claims) {
  test(`seats when ${name}`, () => {
    const list = bounds.map(([lowerBound, upperBound, target]) => ({ lowerBound, upperBound, target }));
    assert.deepEqual(allocateSeats(seats, list).seats, expected);
  });
}

test("demand is what was wanted, by how long it was wanted", async () => {
  const clock = new VirtualClock();
  const demand = new SeatDemand(clock);
  demand.set(10);
  await clock.advance(1000);
  demand.set(0);
  await clock.advance(9000);
  assert.deepEqual(demand.harvest(), { highest: 10, average: 1, deviation: 3 });
  await clock.advance(10_000);
  assert.deepEqual(demand.harvest(), { highest: 0, average: 0, deviation: 0 });
});

test("demand rises at once and falls slowly", () => {
  const none = { highest: 0, average: 0, deviation: 0 };
  assert.equal(smoothedDemand(0, { highest: 9, average: 4, deviation: 2 }), 6);
  assert.ok(Math.abs(smoothedDemand(6, none) - 5.862) < 1e-9);
});

const work: [method: string, path: string, search: string, seats: number][] = [
  ["GET", "/api/v1/pods", "", 10],
  ["GET", "/api/v1/pods", "limit=150", 2],
  ["GET", "/api/v1/pods", "limit=150&labelSelector=a", 10],
  ["GET", "/api/v1/pods", "fieldSelector=metadata.name%3Da", 1],
  ["GET", "/api/v1/pods", "watch=true", 10],
  ["GET", "/api/v1/pods", "watch=true&resourceVersion=5", 1],
  ["GET", "/api/v1/pods", "watch=true&resourceVersion=5&sendInitialEvents=true", 10],
  ["GET", "/api/v1/namespaces/a/pods/b", "", 1],
  ["GET", "/healthz", "", 1],
];

for (const [method, path, search, seats] of work) {
  test(`${path}?${search} takes ${seats} seats`, () => {
    const query = new URLSearchParams(search);
    const info = requestInfo(method, path, query);
    const sources = { objects: () => 5000, watchers: () => 0 };
    assert.equal(estimateWork({ info, query }, sources, 245).initialSeats, seats);
    assert.ok(estimateWork({ info, query }, sources, 7).initialSeats <= 2);
  });
}

test("a write for many watchers takes seats afterwards, by their number", () => {
  const query = new URLSearchParams();
  const info = requestInfo("PUT", "/api/v1/namespaces/a/pods/b", query);
  const after = (watchers: number) => {
    const { finalSeats, finalMs } = estimateWork({ info, query }, { objects: () => 0, watchers: () => watchers }, 245);
    return [finalSeats, finalMs];
  };
  assert.deepEqual(after(99), [0, 0]);
  assert.deepEqual(after(300), [3, 1]);
  assert.deepEqual(after(5000), [10, 5]);
});
