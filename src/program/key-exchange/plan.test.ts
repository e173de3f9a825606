import assert from "node:assert/strict";
import { test } from "node:test";
import { nextStep, type OwnKeys, type Step } from "./plan.ts";
import type { BoxRecord, Records } from "./records.ts";

const own = (over: Partial<OwnKeys> = {}): OwnKeys => ({
  id: "a",
  generation: 2,
  digest: "two",
  remembers: new Set([1, 2]),
  rotation: undefined,
  encryption: undefined,
  ...over,
});

/** Servers as `id generation [away]`. */
function records(servers: readonly string[], over: Partial<Records> = {}): Records {
  const parsed = servers.map((line) => line.split(" "));
  return {
    current: { generation: 2, digest: "two", revision: 7 },
    servers: new Map(
      parsed.map(([id = "", generation]) => [
        id,
        { id, name: id, publicKey: "", generation: Number(generation), digest: generation === "2" ? "two" : "one" },
      ]),
    ),
    alive: new Set(parsed.filter(([, , away]) => away === undefined).map(([id = ""]) => id)),
    boxes: new Map(),
    ...over,
  };
}

const box = (from: number, generation: number): BoxRecord => ({ from, generation, sender: "", nonce: "", sealed: "" });

test("what a server does next", () => {
  const old = own({ generation: 1, digest: "one" });
  const cases: [string, OwnKeys, Records, Step | undefined][] = [
    ["the first one", own({ generation: 1 }), records([], { current: undefined }), { kind: "announce", generation: 1 }],
    ["all is well", own(), records(["a 2", "b 2"]), undefined],
    ["own files changed", own({ digest: "new" }), records(["a 2", "b 2"]), { kind: "announce", generation: 3 }],
    ["behind, no box yet", old, records(["a 1", "b 2"]), undefined],
    ["behind, a box of before", old, records(["a 1"], { boxes: new Map([["a", box(0, 1)]]) }), undefined],
    ["behind, with a box", old, records(["a 1"], { boxes: new Map([["a", box(1, 2)]]) }), { kind: "adopt" }],
    ["own changes yield", own({ generation: 1, digest: "x" }), records(["a 1"]), undefined],
    ["etcd was restored", own({ generation: 5 }), records(["a 5"]), { kind: "announce", generation: 5 }],
    ["others are behind", own(), records(["a 2", "b 1", "c 1 away"]), { kind: "seal", servers: ["b", "c"] }],
    ["a box lies there", own(), records(["a 2", "b 1"], { boxes: new Map([["b", box(1, 2)]]) }), undefined],
    ["too old to help", own({ remembers: new Set([2]) }), records(["a 2", "b 1"]), undefined],
    ["another one leads", own({ id: "b" }), records(["a 2", "b 2", "c 1"]), undefined],
    [
      "who led is away",
      own({ id: "b", rotation: "prepared" }),
      records(["a 2 away", "b 2"]),
      { kind: "rotation", phase: "switch" },
    ],
    ["prepared by all", own({ rotation: "prepared" }), records(["a 2", "b 2"]), { kind: "rotation", phase: "switch" }],
    ["finished by all", own({ rotation: "finishing" }), records(["a 2", "b 2"]), { kind: "rotation", phase: "finish" }],
    ["overlap lasts", own({ rotation: "overlap" }), records(["a 2", "b 2"]), undefined],
    [
      "a key is wished for",
      own({ encryption: "begin" }),
      records(["a 2", "b 2"]),
      { kind: "encryption", from: "begin" },
    ],
    ["all can read it", own({ encryption: "spread" }), records(["a 2"]), { kind: "encryption", from: "spread" }],
    ["all write with it", own({ encryption: "written" }), records(["a 2", "b 2"]), { kind: "rewrite" }],
  ];
  for (const [name, keys, seen, expected] of cases) assert.deepEqual(nextStep(keys, seen), expected, name);
});

test("nobody goes on while a server that runs has not followed; an old encryption key stays for those that are away", () => {
  const boxes = new Map([["b", box(1, 2)]]);
  for (const phases of [{ rotation: "prepared" }, { rotation: "finishing" }, { encryption: "spread" as const }]) {
    assert.equal(nextStep(own(phases), records(["a 2", "b 1"], { boxes })), undefined, JSON.stringify(phases));
    assert.notEqual(nextStep(own(phases), records(["a 2", "b 1 away"], { boxes })), undefined, JSON.stringify(phases));
  }
  assert.equal(nextStep(own({ encryption: "written" }), records(["a 2", "b 1 away"], { boxes })), undefined);
});
