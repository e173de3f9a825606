import assert from "node:assert/strict";
import { test } from "node:test";
import { changeText, replaceText } from "./nft-text.ts";
import { type Fragment, mergeFragments, type Ruleset } from "./ruleset.ts";

function ruleset(fragment: Partial<Fragment>): Ruleset {
  return mergeFragments([{ chains: [], sets: [], elements: [], ...fragment }]);
}

const one = ruleset({
  chains: [
    ["a", { rules: ["goto b"] }],
    ["b", { rules: ["drop"] }],
  ],
  sets: [["ports", { kind: "map", body: "{ type inet_service : verdict ; }" }]],
  elements: [
    { set: "ports", key: "80", value: "goto a" },
    { set: "ports", key: "81", value: "goto b" },
  ],
});

test("a whole table is replaced in one transaction", () => {
  assert.equal(
    replaceText("t", one),
    `add table ip t
delete table ip t
add table ip t
add map ip t ports { type inet_service : verdict ; }
add chain ip t a
add chain ip t b
add rule ip t a goto b
add rule ip t b drop
add element ip t ports { 80 : goto a, 81 : goto b }
`,
  );
});

test("only what differs is written, and nothing is deleted while something refers to it", () => {
  const two = ruleset({
    chains: [
      ["a", { rules: ["accept"] }],
      ["c", { rules: ["drop"] }],
    ],
    sets: [
      ["ports", { kind: "map", body: "{ type inet_service : verdict ; }" }],
      ["seen", { kind: "set", body: "{ type ipv4_addr ; }" }],
    ],
    elements: [
      { set: "ports", key: "80", value: "goto a" },
      { set: "ports", key: "81", value: "goto c" },
    ],
  });
  assert.equal(
    changeText("t", one, two),
    `add set ip t seen { type ipv4_addr ; }
flush chain ip t a
add chain ip t c
flush chain ip t b
delete element ip t ports { 81 : goto b }
add rule ip t a accept
add rule ip t c drop
add element ip t ports { 81 : goto c }
delete chain ip t b
`,
  );
});

test("the same ruleset needs no transaction", () => {
  assert.equal(
    changeText("t", one, mergeFragments([{ chains: [...one.chains], sets: [...one.sets], elements: [] }])),
    "delete element ip t ports { 80 : goto a, 81 : goto b }\n",
  );
  assert.equal(changeText("t", one, one), "");
});

test("the first claim on a key of a map holds", () => {
  const merged = mergeFragments([
    { chains: [], sets: [], elements: [{ set: "ports", key: "80", value: "goto a" }] },
    { chains: [], sets: [], elements: [{ set: "ports", key: "80", value: "goto b" }] },
  ]);
  assert.deepEqual([...(merged.elements.get("ports") ?? [])], [["80", "goto a"]]);
});
