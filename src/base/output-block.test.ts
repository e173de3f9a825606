import assert from "node:assert/strict";
import { test } from "node:test";
import { giveBlockBack, takeBlock } from "./output-block.ts";

const take = (count: number): Buffer[] => Array.from({ length: count }, takeBlock);

test("blocks are used again, as many as are held at the same time", () => {
  const first = take(100);
  first.forEach(giveBlockBack);
  const again = take(100);
  assert.deepEqual(new Set(again), new Set(first));
  again.forEach(giveBlockBack);
});

test("blocks that nobody needs any more are let go", () => {
  const many = take(50);
  many.forEach(giveBlockBack);
  for (let turn = 0; turn < 2_500; turn++) giveBlockBack(takeBlock());
  const kept = take(50).filter((block) => many.includes(block));
  assert.equal(kept.length, 1);
});

test("what very many sockets needed at once does not stay", () => {
  const many = take(300);
  many.forEach(giveBlockBack);
  const kept = take(300).filter((block) => many.includes(block));
  assert.equal(kept.length, 128);
});
