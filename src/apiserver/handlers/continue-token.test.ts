import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../api/status.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";

const V1 = "meta.k8s.io/v1";
const token = (v: unknown, rv: unknown, start: unknown): string =>
  Buffer.from(JSON.stringify({ v, rv, start })).toString("base64url");

test("tokens lead on from where they were made, and from wherever upstream's may", () => {
  const made = { revision: 7, startKey: "/test/ns/name\0" };
  assert.deepEqual(decodeContinue(encodeContinue(made, "/test/"), "/test/"), made);
  assert.deepEqual(decodeContinue(token(V1, 1, "key"), "/test/"), { revision: 1, startKey: "/test/key" });
  assert.deepEqual(decodeContinue(token(V1, 1, "/"), "/test/"), { revision: 1, startKey: "/test/" });
  assert.deepEqual(decodeContinue(token(V1, -1, "/key"), "/test/"), { revision: -1, startKey: "/test/key" });
});

test("other tokens are refused in upstream's words", () => {
  const refusals: readonly [string, string][] = [
    [token("", 1, "key"), "server does not recognize this encoded version "],
    [token("v1", 1, "key"), "server does not recognize this encoded version v1"],
    [token(V1, 0, "key"), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"],
    [token(V1, 1, ""), "encoded start key empty (version meta.k8s.io/v1)"],
    ...["../key", "./key", "./../key", "key/../..", "key//x", "key/"].map((start): [string, string] => [
      token(V1, 1, start),
      start,
    ]),
    ["no token", "it must be the token of an earlier list with the same parameters"],
  ];
  for (const [text, why] of refusals) {
    assert.throws(
      () => decodeContinue(text, "/test/"),
      (error: unknown) =>
        error instanceof StatusError &&
        error.code === 400 &&
        error.message === `invalid continue token: continue key is not valid: ${why}`,
      why,
    );
  }
});
