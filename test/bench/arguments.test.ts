import assert from "node:assert/strict";
import { test } from "node:test";
import { readArguments, USAGE, UsageError } from "./arguments.ts";

test("a full run is recorded, a scaled or dry one is not", () => {
  assert.equal(readArguments([]).record, true);
  assert.equal(readArguments(["--dry-run"]).record, false);
  assert.equal(readArguments(["--scale", "0.1"]).record, false);
});

test("what is asked for", () => {
  assert.equal(readArguments(["--list", "api"]).action, "list");
  assert.deepEqual(readArguments(["api", "store"]).words, ["api", "store"]);
  const peer = readArguments(["--peer", "https://h:1", "--peer-kubeconfig", "k"]).peer;
  assert.deepEqual(peer, { kubeconfig: "k", url: "https://h:1" });
});

for (const words of [["--scale", "0"], ["--scale", "2"], ["--scale", "x"], ["--peer", "https://h:1"], ["--nonsense"]]) {
  test(`${words.join(" ")} is refused`, () => assert.throws(() => readArguments(words), UsageError));
}

test("the usage names every option", () => {
  const options = ["list", "plot", "scale", "dry-run", "history", "plot-file", "program", "directory", "peer", "help"];
  for (const option of [...options, "peer-kubeconfig"]) assert.match(USAGE, new RegExp(`--${option}\\b`));
});
