import assert from "node:assert/strict";
import { test } from "node:test";
import { isSupportedFormat, stringFormat } from "./formats.ts";

const cases: readonly [format: string, valid: readonly string[], invalid: readonly string[]][] = [
  ["bsonobjectid", ["507f1f77bcf86cd799439011"], ["507f", "507f1f77bcf86cd79943901g"]],
  [
    "uri",
    ["http://a.b/c?d", "/path", "mailto:x@y", "*", "http://[::1]:80/"],
    ["", "a/b", ":x", "http://a:x/", "http://a/%zz"],
  ],
  ["email", ["a@b.c", "Me <a@b>", '"a b"@c', "ü@x.de"], ["a", "a@", "@b", "a b@c", "<a@b", "a@b>"]],
  [
    "hostname",
    ["a", "a.bc", "x-y.example.com", "1.example"],
    ["", "-a", "a.b", "a..bc", "a_b", `${"a".repeat(64)}.com`],
  ],
  ["ipv4", ["10.0.0.1", "::ffff:1.2.3.4"], ["10.0.0", "10.0.0.01", "::1"]],
  ["ipv6", ["::1", "fe80::1"], ["fe80::1%eth0", "1.2.3.4"]],
  ["cidr", ["10.0.0.0/8", "::/0"], ["10.0.0.0/33", "10.0.0.0", "::/129", "a/8"]],
  [
    "mac",
    ["01:02:03:04:05:06", "01-02-03-04-05-06-07-08", "0102.0304.0506"],
    ["01:02", "01:02:03:04:05:0g", "010203040506"],
  ],
  ["uuid", ["550E8400-e29b-41d4-a716-446655440000", "550e8400e29b41d4a716446655440000"], ["550e8400"]],
  ["uuid3", ["550e8400-e29b-31d4-a716-446655440000"], ["550e8400-e29b-41d4-a716-446655440000"]],
  ["uuid4", ["550e8400-e29b-41d4-a716-446655440000"], ["550e8400-e29b-41d4-c716-446655440000"]],
  ["uuid5", ["550e8400-e29b-51d4-a716-446655440000"], ["550e8400-e29b-41d4-a716-446655440000"]],
  ["isbn", ["0321751043", "978-0321751041"], ["0321751044", "978-0321751042", "x"]],
  ["creditcard", ["4111 1111 1111 1111"], ["4111 1111 1111 1112", "1234"]],
  ["ssn", ["123-45-6789"], ["123456789", "123-45-678"]],
  ["hexcolor", ["#fff", "A0B1C2"], ["#ffff", "red"]],
  ["rgbcolor", ["rgb(1, 2,255)"], ["rgb(1,2)", "rgb(1,2,256)", "rgb(01,2,3)"]],
  ["byte", ["YQ==", "YWJj"], ["", "YQ=", "a*=="]],
  ["password", ["", "x"], []],
  ["date", ["2024-02-29"], ["2023-02-29", "2024-13-01", "2024-1-1", "24-01-01"]],
  ["date-time", ["2014-12-15T19:30:20.000Z", "2014-12-15t19:30:20+01:00"], ["2014-12-15", "2014-12-15T24:30:20Z", "x"]],
  ["duration", ["1h30m", "-1.5s", "0", "2 days 3 hours", "22 ns"], ["", "1", "h", "1 parsec", "1h 30"]],
  ["quantity", ["10Gi", "1e3"], ["10 Gi", ""]],
  ["k8s-short-name", ["a-b"], ["a.b", "A", "-a", "a".repeat(64)]],
  ["k8s-long-name", ["a.b", "a".repeat(70)], ["a..b", "A.b", "a".repeat(254)]],
];

for (const [format, valid, invalid] of cases) {
  test(`format ${format}`, () => {
    const check = stringFormat("string", format)!;
    for (const text of valid) assert.equal(check(text), true, `${text} is a ${format}`);
    for (const text of invalid) assert.equal(check(text), false, `${text} is no ${format}`);
  });
}

test("formats mean something with their types only", () => {
  assert.equal(stringFormat("string", "unheard-of"), undefined);
  assert.equal(stringFormat("string", "constructor"), undefined);
  assert.equal(stringFormat("integer", "ipv4"), undefined);
  assert.deepEqual(
    [
      ["integer", "int32"],
      ["integer", "float"],
      ["number", "double"],
      ["boolean", "x"],
    ].map(([type, format]) => isSupportedFormat(type, format!)),
    [true, false, true, false],
  );
});

test("no text makes a format take long", () => {
  const started = performance.now();
  for (const [format] of cases) {
    const check = stringFormat("string", format)!;
    for (const piece of ["a", "a.", "1 h", '"\\', "a-", "A0", "<"]) check(`${piece.repeat(5000)}@!`);
  }
  assert.ok(performance.now() - started < 2000);
});
