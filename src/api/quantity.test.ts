import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  QuantityError,
  quantityMilli,
  quantityValue,
  roundUpToMilli,
  tryParseQuantity,
} from "./quantity.ts";

const canonical: readonly [string | number, string][] = [
  ["0", "0"],
  ["0Ki", "0"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["0.5", "500m"],
  [".5", "500m"],
  ["1.", "1."],
  [2, "2"],
  [0.25, "250m"],
  ["100000", "100k"],
  ["1024Ki", "1Mi"],
  ["512Ki", "512Ki"],
  ["1.5Gi", "1536Mi"],
  ["1Ki", "1Ki"],
  ["0.5Ki", "512"],
  ["1.0001Ki", "1024102400u"],
  ["1e3", "1e3"],
  ["12e-1", "1200e-3"],
  ["1E6", "1E6"],
  ["1E", "1E"],
  ["-5m", "-5m"],
  ["+1", "+1"],
  ["0.1n", "1n"],
  ["007", "007"],
  ["1.500", "1.500"],
  ["0.500", "500m"],
  ["1.000", "1"],
  ["1000e18", "1e21"],
  ["0.0001Ki", "102400u"],
  ["100E", "100E"],
  ["10000E", "10000E"],
  ["99999999999999999999E", "99999999999999999999E"],
  ["9223372036854775808", "9223372036854775808"],
  ["-9223372036854775808000", "-9223372036854775808k"],
  ["9223372036854775807.5", "9223372036854775807500m"],
  ["1e100", "10e99"],
  ["8Ei", "9223372036854775807"],
  ["-16Ei", "-9223372036854775807"],
  ["1e999999999999", "1e999999999999"],
];

for (const [text, expected] of canonical) {
  test(`quantity ${text} prints as ${expected}`, () => {
    assert.equal(formatQuantity(parseQuantity(text)), expected);
  });
}

for (const text of ["", "abc", "1 Gi", "1gi", "1KI", "--1", "1.2.3", "1e", "e3", "constructor", "1m5", "0x10"]) {
  test(`quantity ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parseQuantity(text), QuantityError);
    assert.equal(tryParseQuantity(text), undefined);
  });
}

test("whole and milli values round away from zero", () => {
  assert.equal(quantityValue("1500m"), 2);
  assert.equal(quantityValue("-1500m"), -2);
  assert.equal(quantityValue("1Gi"), 1 << 30);
  assert.equal(quantityMilli("1.0001"), 1001);
  assert.equal(formatQuantity(roundUpToMilli(parseQuantity("100u"))), "1m");
});

test("whole and milli values are those of 64-bit integers", () => {
  assert.equal(quantityValue("1000E"), 2 ** 63);
  assert.equal(quantityValue("-1e200"), -(2 ** 63));
  assert.equal(quantityMilli("1e300"), 2 ** 63 * 1000);
});

test("sums and comparisons are exact", () => {
  assert.equal(formatQuantity(addQuantities(parseQuantity("9E"), parseQuantity("9E"))), "18E");
  assert.equal(formatQuantity(addQuantities(parseQuantity("1.500"), parseQuantity("0"))), "1500m");
  assert.ok(compareQuantities(parseQuantity("1e19"), parseQuantity("1e20")) < 0);

  assert.equal(formatQuantity(addQuantities(parseQuantity("1Gi"), parseQuantity("512Mi"))), "1536Mi");
  assert.equal(formatQuantity(addQuantities(parseQuantity("0.1"), parseQuantity("0.2"))), "300m");
  assert.equal(formatQuantity(addQuantities(parseQuantity("0"), parseQuantity("1Ki"))), "1Ki");
  assert.equal(compareQuantities(parseQuantity("1000m"), parseQuantity("1")), 0);
  assert.ok(compareQuantities(parseQuantity("1G"), parseQuantity("1Gi")) < 0);
});
