import assert from "node:assert/strict";
import { test } from "node:test";
import { requestHead } from "./request-head.ts";

const ask = (over: Readonly<Record<string, string>>) =>
  requestHead(
    Object.entries({ ":method": "GET", ":scheme": "https", ":path": "/", ...over }).map(([name, value]) => ({
      name,
      value,
    })),
    { pairsMax: 10 },
  );

test("blanks around a value do not belong to it, as in HTTP/1.1", () => {
  for (const sent of ["Bearer ", " Bearer", "\t Bearer \t", "Bearer"]) {
    const head = ask({ authorization: sent });
    assert.ok(typeof head === "object", JSON.stringify(sent));
    assert.equal(head.headers.authorization, "Bearer");
    assert.deepEqual(head.raw.slice(-2), ["authorization", "Bearer"]);
  }
});

test("a request's own line has no blanks around it", () => {
  assert.equal(ask({ ":path": "/ " }), "malformed");
  assert.equal(ask({ ":method": " GET" }), "malformed");
});
