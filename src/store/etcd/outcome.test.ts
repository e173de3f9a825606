import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, type OpenQuestion } from "./outcome.ts";

/** A key's versions, oldest first: `created@revision=value`, `put@revision=value`, `gone@revision`. */
function keyWith(...steps: string[]): (revision: number) => Promise<OpenQuestion["current"]> {
  return async (asked) => {
    let version: OpenQuestion["current"];
    for (const step of steps) {
      const [, what, at, value = ""] = /^(\w+)@(\d+)=?(.*)$/.exec(step)!;
      const revision = Number(at);
      if (revision > asked) break;
      const create = what === "created" ? revision : (version?.create_revision ?? 0);
      version =
        what === "gone" ? undefined : { mod_revision: revision, create_revision: create, value: Buffer.from(value) };
    }
    return version;
  };
}

const cases: {
  name: string;
  steps: string[];
  expected: number;
  value?: string;
  verdict: number | "refused" | "unknown";
}[] = [
  // Before the write the store was at 10.
  { name: "created, and it is there", steps: ["created@11=mine"], expected: 0, value: "mine", verdict: 11 },
  {
    name: "created and changed since",
    steps: ["created@11=mine", "put@13=x"],
    expected: 0,
    value: "mine",
    verdict: 11,
  },
  { name: "somebody else's was there before", steps: ["created@9=x"], expected: 0, value: "mine", verdict: "refused" },
  {
    name: "somebody else's, perhaps after ours",
    steps: ["created@13=x"],
    expected: 0,
    value: "mine",
    verdict: "unknown",
  },
  { name: "nothing there yet, or any more", steps: [], expected: 0, value: "mine", verdict: "unknown" },
  { name: "updated", steps: ["created@4=a", "put@12=mine"], expected: 4, value: "mine", verdict: 12 },
  {
    name: "updated and more",
    steps: ["created@4=a", "put@12=mine", "put@14=b", "put@15=c"],
    expected: 4,
    value: "mine",
    verdict: 12,
  },
  {
    name: "another update won",
    steps: ["created@4=a", "put@12=b", "put@14=c"],
    expected: 4,
    value: "mine",
    verdict: "refused",
  },
  {
    name: "lost before it was sent",
    steps: ["created@4=a", "put@8=b"],
    expected: 4,
    value: "mine",
    verdict: "refused",
  },
  {
    name: "updated or not, and gone",
    steps: ["created@4=a", "gone@13"],
    expected: 4,
    value: "mine",
    verdict: "unknown",
  },
  {
    name: "gone and back",
    steps: ["created@4=a", "gone@13", "created@14=b"],
    expected: 4,
    value: "mine",
    verdict: "unknown",
  },
  { name: "not deleted: only changed", steps: ["created@4=a", "put@12=b"], expected: 4, verdict: "refused" },
  { name: "deleted, by whom?", steps: ["created@4=a", "gone@12"], expected: 4, verdict: "unknown" },
  {
    name: "deleted and back, by whom?",
    steps: ["created@4=a", "gone@12", "created@13=b"],
    expected: 4,
    verdict: "unknown",
  },
];

for (const { name, steps, expected, value, verdict } of cases) {
  test(`outcome of an unanswered write: ${name}`, async () => {
    const at = keyWith(...steps);
    const current = await at(Number.POSITIVE_INFINITY);
    const wanted = value === undefined ? undefined : Buffer.from(value);
    const question = { expectedRevision: expected, value: wanted, before: 10, current };
    assert.equal(await judge(question, at), verdict);
  });
}
