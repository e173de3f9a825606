import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange, TextAnswer } from "../exchange.ts";
import { healthPaths } from "./health.ts";

async function ask(checks: Record<string, string | undefined>, url: string) {
  const live = Object.entries(checks).map(([name, wrong]) => ({ name, check: () => wrong }));
  const { pathname, searchParams } = new URL(url, "https://host");
  const exchange = { path: pathname, query: searchParams } as Exchange;
  const { code, text } = (await healthPaths({ live, ready: [] })(exchange)) as TextAnswer;
  return [code, String(text)];
}

test("what is well is told in one word, check by check when asked", async () => {
  const checks = { ping: undefined, store: undefined };
  assert.deepEqual(await ask(checks, "/livez"), [200, "ok"]);
  assert.deepEqual(await ask(checks, "/livez?verbose"), [200, "[+]ping ok\n[+]store ok\nlivez check passed\n"]);
  assert.deepEqual(await ask(checks, "/livez/store"), [200, "ok"]);
});

test("a server that others keep from its work is alive", async () => {
  const checks = {
    live: [{ name: "ping", check: () => undefined }],
    healthy: [{ name: "keys", check: () => "away" }],
    ready: [{ name: "synced", check: () => undefined }],
  };
  const codes: [path: string, code: number | undefined][] = [
    ["/livez", 200],
    ["/livez/keys", undefined],
    ["/healthz", 500],
    ["/healthz/keys", 500],
    ["/healthz/synced", undefined],
    ["/readyz", 500],
    ["/readyz/keys", 500],
    ["/readyz/synced", 200],
  ];
  for (const [path, code] of codes) {
    const answer = await healthPaths(checks)({ path, query: new URLSearchParams() } as Exchange);
    assert.equal((answer as TextAnswer | undefined)?.code, code, path);
  }
});

test("what is wrong is told check by check, its reason only by the check itself", async () => {
  const checks = { ping: undefined, store: "it is away" };
  const told = "[+]ping ok\n[-]store failed: reason withheld\nreadyz check failed\n";
  assert.deepEqual(await ask(checks, "/readyz"), [500, told]);
  assert.deepEqual(await ask(checks, "/readyz/store"), [500, "internal server error: it is away\n"]);
});

test("a check that must ask elsewhere is waited for", async () => {
  const checks = {
    live: [{ name: "ping", check: () => undefined }],
    healthy: [{ name: "keys", check: async () => "away" }],
    ready: [],
  };
  const told = async (path: string) => {
    const answer = await healthPaths(checks)({ path, query: new URLSearchParams() } as Exchange);
    return String((answer as TextAnswer).text);
  };
  assert.equal(await told("/healthz/keys"), "internal server error: away\n");
  assert.match(await told("/healthz"), /ping ok.*keys failed.*healthz check failed/s);
});

test("checks may be left out; of those that are not there it warns", async () => {
  const checks = { ping: undefined, store: "it is away" };
  const told = [
    "[+]ping ok\n[+]store excluded: ok\n",
    'warn: some health checks cannot be excluded: no matches for "etcd","log"\n',
    "healthz check passed\n",
  ];
  const asked = await ask(checks, "/healthz?verbose&exclude=log&exclude=store&exclude=etcd");
  assert.deepEqual(asked, [200, told.join("")]);
});
