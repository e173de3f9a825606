import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { type AdmissionAttributes, type AdmissionPlugin, newReinvocation } from "./admission.ts";
import { type AdmissionMeter, admissionChain, type Took } from "./chain.ts";

function chainOf(plugins: readonly AdmissionPlugin[], clock = new VirtualClock()) {
  const notes: string[] = [];
  const took =
    (name: string): Took =>
    (operation, sinceMs, isRejected) => {
      notes.push(`${name} ${operation} ${clock.monotonic() - sinceMs}${isRejected ? " rejected" : ""}`);
      return clock.monotonic();
    };
  const meter: AdmissionMeter = {
    now: () => clock.monotonic(),
    plugin: (name, step) => took(`${name} ${step}`),
    step: (step) => took(step),
  };
  const attributes = { operation: "CREATE", reinvocation: newReinvocation() } as AdmissionAttributes;
  return { chain: admissionChain(plugins, meter), notes, attributes, clock };
}

const plugin = (name: string, steps: Partial<AdmissionPlugin>): AdmissionPlugin => ({
  name,
  handles: () => true,
  ...steps,
});

test("plugins that answer at once need no promise, and are asked in their order", () => {
  const asked: string[] = [];
  const { chain, notes, attributes } = chainOf([
    plugin("a", { admit: () => void asked.push("a"), validate: () => void asked.push("a judges") }),
    plugin("b", { handles: () => false, admit: () => void asked.push("b") }),
    plugin("c", { admit: () => void asked.push("c") }),
  ]);
  assert.equal(chain.admit(attributes), undefined);
  assert.equal(chain.validate(attributes), undefined);
  assert.deepEqual(asked, ["a", "c", "a judges"]);
  assert.deepEqual(notes, [
    "a admit CREATE 0",
    "c admit CREATE 0",
    "admit CREATE 0",
    "a validate CREATE 0",
    "validate CREATE 0",
  ]);
});

test("those behind one that takes its time wait for it, and what each took is its own", async () => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const slow = (ms: number) => () => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
  const { chain, notes, attributes } = chainOf(
    [
      plugin("quick", { admit: () => void asked.push("quick") }),
      plugin("slow", { admit: slow(20) }),
      plugin("slower", { admit: slow(30) }),
      plugin("last", { admit: () => void asked.push("last") }),
    ],
    clock,
  );
  const going = chain.admit(attributes);
  assert.deepEqual(asked, ["quick"]);
  await clock.advance(20);
  await clock.advance(30);
  await going;
  assert.deepEqual(asked, ["quick", "last"]);
  assert.deepEqual(notes, [
    "quick admit CREATE 0",
    "slow admit CREATE 20",
    "slower admit CREATE 30",
    "last admit CREATE 0",
    "admit CREATE 50",
  ]);
});

test("a refusal ends the step, whether it comes at once or later", async () => {
  const refuses = (): never => {
    throw new Error("no");
  };
  for (const [name, admit] of [
    ["at once", refuses],
    ["later", async () => refuses()],
  ] as const) {
    const { chain, notes, attributes } = chainOf([
      plugin("first", { admit: async () => {} }),
      plugin("strict", { admit }),
      plugin("never", { admit: () => assert.fail("asked") }),
    ]);
    await assert.rejects(async () => chain.admit(attributes), /no/, name);
    assert.deepEqual(
      notes,
      ["first admit CREATE 0", "strict admit CREATE 0 rejected", "admit CREATE 0 rejected"],
      name,
    );
  }
  const { chain, notes, attributes } = chainOf([plugin("strict", { validate: refuses })]);
  assert.throws(() => chain.validate(attributes), /no/);
  assert.deepEqual(notes, ["strict validate CREATE 0 rejected", "validate CREATE 0 rejected"]);
});

test("all admit once more when one has asked for it, and not a third time", async () => {
  for (const asks of [
    (attributes: AdmissionAttributes) => void (attributes.reinvocation.isRequested = true),
    async (attributes: AdmissionAttributes) => void (attributes.reinvocation.isRequested = true),
  ]) {
    const passes: boolean[] = [];
    const { chain, attributes } = chainOf([
      plugin("first", { admit: ({ reinvocation }) => void passes.push(reinvocation.isSecondPass) }),
      plugin("webhook", { admit: asks }),
    ]);
    await chain.admit(attributes);
    assert.deepEqual(passes, [false, true]);
  }
});
