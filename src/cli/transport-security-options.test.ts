import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError, type Invocation } from "./command.ts";
import { transportSecurityOf } from "./transport-security-options.ts";

const asked = (value?: string) =>
  transportSecurityOf({ options: { "strict-transport-security-directives": value } } as unknown as Invocation);

test("directives become one header, in their order", () => {
  assert.equal(asked(), undefined);
  assert.equal(asked("max-age=60"), "max-age=60");
  assert.equal(asked("includeSubDomains,max-age=60,preload"), "includeSubDomains; max-age=60; preload");
});

test("what is no directive is told", () => {
  for (const odd of ["max-age", "max-age=x", "max-age=1\r\nx: y", "INCLUDE"]) {
    assert.throws(
      () => asked(`preload,${odd}`),
      (error) => error instanceof CommandError && error.exitCode === 2 && error.message.includes(`not "${odd}"`),
    );
  }
});
