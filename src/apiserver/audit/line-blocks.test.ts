import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineBlocks, type TakenLines } from "./line-blocks.ts";

const textOf = ({ blocks }: TakenLines): string => Buffer.concat(blocks).toString();

test("whatever the lines: all come out, whole ones in each block, while blocks are used again", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
    fc.nat(400_000).map((length) => "é".repeat(length)),
  );
  const rounds = fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 4 });
  const lines = new LineBlocks();
  fc.assert(
    fc.property(rounds, (all) => {
      let given: TakenLines | undefined;
      for (const round of all) {
        for (const each of round) lines.add(each);
        assert.equal(lines.count, round.length);
        const expected = round.map((each) => `${each}\n`).join("");
        assert.equal(lines.bytes, Buffer.byteLength(expected));
        const taken = lines.takeAll();
        assert.equal(taken.count, round.length);
        assert.equal(textOf(taken), expected);
        for (const block of taken.blocks) assert.equal(block.at(-1), 10);
        if (given !== undefined) lines.giveBack(given.blocks);
        given = taken;
      }
      lines.giveBack(given?.blocks ?? []);
    }),
    { numRuns: 30 },
  );
});

test("what is written stays as it is until it is given back", () => {
  const lines = new LineBlocks();
  lines.add("one");
  const first = lines.takeAll();
  lines.add("two");
  assert.equal(textOf(first), "one\n");
  lines.giveBack(first.blocks);
  lines.takeAll();
  lines.add("three");
  assert.equal(textOf(lines.takeAll()), "three\n");
  assert.equal(lines.takeAll().count, 0);
});
