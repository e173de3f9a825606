import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError, type Invocation } from "./command.ts";
import { allowedOriginsOf, transportSecurityOf } from "./transport-security-options.ts";

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

test("origins are patterns that are closed at both ends", () => {
  const origins = (...given: string[]) =>
    allowedOriginsOf({ options: { "cors-allowed-origins": given } } as unknown as Invocation);
  assert.equal(allowedOriginsOf({ options: {} } as unknown as Invocation), undefined);
  const good = ["^http://foo.com$", "^http://foo.com", "://foo.com$", "//foo.com(:|$)", "(^foo.com$)"];
  assert.deepEqual(origins(good.slice(0, 2).join(","), ...good.slice(2)), good);
  for (const odd of ["^foo.com", "//foo.com", "foo.com$", "foo.com(:|$)"]) {
    assert.throws(() => origins("^http://foo.com$", odd), {
      message: /does not pin to start\/end of host in the origin header/,
      exitCode: 2,
    });
  }
  assert.throws(() => origins("^http://foo.com$,"), { message: /--cors-allowed-origins has an empty value/ });
});
