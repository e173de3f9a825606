import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { readAnswer } from "./http-answer.ts";

/** A stream that gives five bytes, then closes without an end. */
async function closing(headers: Record<string, string>): Promise<string> {
  const stream = new Readable({ read() {} });
  const answer = readAnswer(stream, headers);
  answer.catch(() => {});
  stream.push("whole");
  await setImmediate();
  stream.destroy();
  return Buffer.concat(await answer).toString();
}

test("an answer of which every byte is there is whole, although its stream closes before its end is told", async () => {
  assert.equal(await closing({ "content-length": "5" }), "whole");
});

test("an answer that lacks bytes, or does not say how many it has, broke off", async () => {
  await assert.rejects(closing({ "content-length": "6" }), /broke off/);
  await assert.rejects(closing({}), /broke off/);
});

test("an answer of unknown length ends with its stream; one that is gone already broke off", async () => {
  const ended = Readable.from([Buffer.from("wh"), Buffer.from("ole")]);
  assert.equal(Buffer.concat(await readAnswer(ended, {})).toString(), "whole");
  const gone = new Readable({ read() {} });
  gone.destroy();
  await assert.rejects(readAnswer(gone, { "content-length": "5" }), /broke off/);
});
