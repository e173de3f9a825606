import assert from "node:assert/strict";
import { test } from "node:test";
import { withPki } from "./edge-door.ts";
import { runPart } from "./run.ts";

const shown = (failures: readonly { problem: string; request: { method: string; url: string } }[]): string[] =>
  failures.map(({ problem, request }) => `${request.method} ${request.url.slice(0, 200)}: ${problem}`);

test("whatever comes in, the answer is a whole one, and what is stored reads back", async () => {
  const { failures, sent, codes } = await runPart(20, 1000);
  assert.deepEqual(shown(failures), []);
  assert.equal(sent, 1000);
  assert.ok((codes.get(201) ?? 0) > 40, `too little was accepted to mean anything: ${JSON.stringify([...codes])}`);
});

test("the same over the network", async () => {
  const { failures } = await withPki((pki) => runPart(21, 300, { pki }));
  assert.deepEqual(shown(failures), []);
});
