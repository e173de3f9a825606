import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import { createTerminal, progressOutput } from "./terminal.ts";

function written(isTTY: boolean, environment: Record<string, string> = {}) {
  const out: string[] = [];
  const error: string[] = [];
  const stream = (to: string[]) => ({ isTTY, write: (text: string) => to.push(text) });
  const terminal = createTerminal({ out: stream(out), error: stream(error) }, environment);
  return { terminal, out: () => out.join(""), error: () => error.join("") };
}

async function steps(isTTY: boolean, environment?: Record<string, string>): Promise<string> {
  const { terminal, error, out } = written(isTTY, environment);
  const clock = new VirtualClock();
  const progress = progressOutput(terminal, clock, () => {});
  const store = progress.step("store");
  await clock.advance(12);
  store.done("revision 1");
  progress.step("API server").failed(new Error("port 1 is in use"));
  progress.notice("No real container runs.");
  assert.equal(out(), "", "progress is not a result");
  return error();
}

suite("progress", () => {
  test("is one plain line a step in a pipe, a dumb terminal and with NO_COLOR", async () => {
    const plain = [
      "✓ store             12 ms  revision 1",
      "✗ API server         0 ms",
      "! No real container runs.",
      "",
    ].join("\n");
    assert.equal(await steps(false), plain);
    assert.equal(await steps(true, { TERM: "dumb" }), plain);
    assert.equal(await steps(true, { NO_COLOR: "1" }), plain);
  });

  test("has colours on a terminal, and says the same", async () => {
    const text = await steps(true, { TERM: "xterm" });
    assert.ok(text.startsWith("\u001b[32m✓\u001b[0m store"), JSON.stringify(text));
    const plain = [0, 2, 31, 32, 33].reduce((rest, code) => rest.replaceAll(`\u001b[${code}m`, ""), text);
    assert.equal(plain, await steps(false));
  });
});

test("results end with one line break, and go where a pipe reads them", () => {
  const { terminal, out, error } = written(false);
  terminal.print("a");
  terminal.print("b\n");
  terminal.say("c");
  assert.equal(out(), "a\nb\n");
  assert.equal(error(), "c\n");
});
