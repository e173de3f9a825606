import assert from "node:assert/strict";
import { test } from "node:test";
import type { Invocation } from "./command.ts";
import { goAwayChanceOf } from "./flow-control-options.ts";

test("a client is asked to leave by a chance that is small", () => {
  const chance = (said?: string) => goAwayChanceOf({ options: { "goaway-chance": said } } as unknown as Invocation);
  assert.deepEqual([chance(), chance("0"), chance("0.02"), chance(".001"), chance("1e-3")], [0, 0, 0.02, 0.001, 0.001]);
  for (const odd of ["0.021", "-0.01", "1", "x", "0x0", "1.2.3", "Infinity"]) {
    assert.throws(() => chance(odd), { message: /--goaway-chance is a number from 0 to 0\.02, not/, exitCode: 2 });
  }
});
