import assert from "node:assert/strict";
import { test } from "node:test";
import {
  children,
  contents,
  integer,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  time,
  utf8String,
} from "./der.ts";

test("elements are written as X.690 says", () => {
  const cases: [string, Buffer, string][] = [
    ["integer zero", integer(Buffer.from([0])), "020100"],
    ["leading zeros go", integer(Buffer.from([0, 0, 5])), "020105"],
    ["high bit needs a zero", integer(Buffer.from([0x80])), "02020080"],
    ["object identifier", objectIdentifier("1.2.840.113549.1.1.11"), "06092a864886f70d01010b"],
    ["object identifier of two arcs and one", objectIdentifier("2.5.29.15"), "0603551d0f"],
    ["digitalSignature", namedBits(0), "03020780"],
    ["keyCertSign and cRLSign", namedBits(5, 6), "03020106"],
    ["a bit in the second byte", namedBits(8), "0303070080"],
    ["UTCTime", time(Date.UTC(2049, 11, 31, 23, 59, 59)), `170d${Buffer.from("491231235959Z").toString("hex")}`],
    ["GeneralizedTime", time(Date.UTC(2050, 0, 1)), `180f${Buffer.from("20500101000000Z").toString("hex")}`],
    ["long form of one byte", octetString(Buffer.alloc(200)).subarray(0, 3), "0481c8"],
    ["long form of two bytes", octetString(Buffer.alloc(300)).subarray(0, 4), "0482012c"],
  ];
  for (const [name, der, hex] of cases) assert.equal(der.toString("hex"), hex, name);
});

test("elements are found again", () => {
  const parts = [utf8String("a"), octetString(Buffer.alloc(300, 7)), sequence()];
  const found = children(sequence(...parts));
  assert.deepEqual(found, parts);
  assert.equal(contents(found[1]!).length, 300);
  assert.throws(() => children(sequence(...parts).subarray(0, 100)), /cut off/);
});
