import assert from "node:assert/strict";
import { test } from "node:test";
import { allowedOrigins } from "./allowed-origins.ts";

test("origins are matched by Go's regular expressions, anywhere in them", async () => {
  const isAllowed = await allowedOrigins(["^https://example\\.com(:|$)", "//(?P<sub>[a-z]+)\\.example\\.org$"]);
  for (const origin of ["https://example.com", "https://example.com:8443", "http://a.example.org"]) {
    assert.equal(isAllowed(origin), true, origin);
  }
  for (const origin of ["http://example.com", "https://example.com.evil.org", "http://a.example.org:80"]) {
    assert.equal(isAllowed(origin), false, origin);
  }
});

test("what is no regular expression is told", async () => {
  await assert.rejects(allowedOrigins(["^https://(example.com$"]), {
    message: /^--cors-allowed-origins has an invalid regular expression: .*missing closing \)/,
    exitCode: 2,
  });
});
