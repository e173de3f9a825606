import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionError } from "./frames.ts";
import { HeaderDecoder } from "./header-decoder.ts";
import { checkHeaders, HeaderEncoder } from "./header-encoder.ts";
import type { HeaderField } from "./header-table.ts";

function decoder(listBytesMax = 64 * 1024) {
  return new HeaderDecoder(listBytesMax, (fields: readonly HeaderField[], isTooLarge) =>
    isTooLarge ? ["too large"] : fields.map(({ name, value }) => `${name}: ${value}`),
  );
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

test("the examples of RFC 7541, C.3 and C.4: one connection's requests, without and with Huffman's code", () => {
  const requests: [plain: string, coded: string, fields: string[]][] = [
    [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
    ],
    [
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8286 84be 5886 a8eb 1064 9cbf",
      [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
    ],
    [
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      [
        ...[":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com"],
        "custom-key: custom-value",
      ],
    ],
  ];
  const plain = decoder();
  const coded = decoder();
  for (const [without, with_, fields] of requests) {
    assert.deepEqual(plain.decode(hex(without)), fields);
    assert.deepEqual(coded.decode(hex(with_)), fields);
  }
});

test("a block that came before means something else once the table has changed", () => {
  const decode = decoder();
  decode.decode(hex("4001 6101 31"));
  assert.deepEqual(decode.decode(hex("be")), ["a: 1"]);
  assert.deepEqual(decode.decode(hex("be")), ["a: 1"]);
  decode.decode(hex("4001 6101 32"));
  assert.deepEqual(decode.decode(hex("be")), ["a: 2"]);
});

test("a block that came before is not read again, and one that only begins like it is", () => {
  const decode = decoder();
  const block = (value: string): Buffer => {
    const length = Buffer.from([0x7f, value.length - 127]);
    return Buffer.concat([hex("1001 61"), length, Buffer.from(value)]);
  };
  const [long, other] = ["x".repeat(200), `${"x".repeat(199)}y`];
  const first = decode.decode(block(long));
  assert.deepEqual(first, [`a: ${long}`]);
  assert.equal(decode.decode(block(long)), first);
  assert.deepEqual(decode.decode(block(other)), [`a: ${other}`]);
  assert.deepEqual(decode.decode(block(long)), [`a: ${long}`]);
});

test("a long text in Huffman's code that comes again with other headers is what it was", () => {
  const decode = decoder();
  // Five bits of zeros are a 0, and with a one at their end a 1.
  const coded = (last: number): Buffer => Buffer.concat([hex("1001 61 e4"), Buffer.alloc(99), Buffer.from([last])]);
  const block = (first: string, last: number): Buffer =>
    Buffer.concat([hex("1001 62 01"), Buffer.from(first), coded(last)]);
  const zeros = "0".repeat(159);
  assert.deepEqual(decode.decode(block("x", 0)), ["b: x", `a: ${zeros}0`]);
  assert.deepEqual(decode.decode(block("y", 0)), ["b: y", `a: ${zeros}0`]);
  assert.deepEqual(decode.decode(block("z", 1)), ["b: z", `a: ${zeros}1`]);
  assert.deepEqual(decode.decode(block("u", 0)), ["b: u", `a: ${zeros}0`]);
});

test("what falls out of the table is there no longer", () => {
  const decode = decoder();
  decode.decode(hex("20 4001 6101 31"));
  assert.throws(() => decode.decode(hex("be")), ConnectionError);
});

test("headers beyond the limit are read and not kept", () => {
  const decode = decoder(100);
  assert.deepEqual(decode.decode(Buffer.concat([hex("0001 617f 49"), Buffer.alloc(200, "x")])), ["too large"]);
  assert.deepEqual(decode.decode(hex("82")), [":method: GET"]);
});

const WRONG: [what: string, block: string][] = [
  ["an index of zero", "80"],
  ["an index where nothing is", "c0"],
  ["a number that is cut off", "ff"],
  ["a number without end", "ff ffff ffff ffff ffff"],
  ["a text that is cut off", "0001 6105 31"],
  ["a text that ends in the middle of a code", "0001 6181 00"],
  ["a text with the code of its end", "0001 6184 ffff ffff"],
  ["a larger table than was agreed on", "3fe2 1f"],
  ["another table in the middle of a block", "82 20"],
];
for (const [what, block] of WRONG) {
  test(`${what} ends the connection`, () => assert.throws(() => decoder().decode(hex(block)), ConnectionError));
}

test("what the encoder writes the decoder reads, and what comes again takes a byte", () => {
  const encoder = new HeaderEncoder();
  const decode = decoder();
  const headers = [
    "content-type",
    "application/json",
    "audit-id",
    "x".repeat(300),
    "date",
    "Sun, 22 Nov 2026 00:00:00 GMT",
  ];
  const lines = [":status: 201", "content-type: application/json", `audit-id: ${"x".repeat(300)}`];
  const all = [...lines, "date: Sun, 22 Nov 2026 00:00:00 GMT"];
  assert.deepEqual(decode.decode(Buffer.from(encoder.encode(201, headers))), all);
  const again = Buffer.from(encoder.encode(201, ["content-type", "application/json", "date", headers[5]!]));
  assert.equal(again.length, 3);
  assert.deepEqual(decode.decode(again), [all[0], all[1], all[3]]);
});

test("a request has no code, its path is not remembered, and a long header is where that is wanted", () => {
  const token = "t".repeat(1500);
  for (const [rememberedBytes, again] of [
    [undefined, 1500],
    [2000, 0],
  ] as const) {
    const encoder = new HeaderEncoder(rememberedBytes);
    const decode = decoder();
    const encoded = (path: string): Buffer =>
      Buffer.from(encoder.encode(undefined, [":method", "GET", ":path", path, "authorization", token]));
    assert.deepEqual(decode.decode(encoded("/a")), [":method: GET", ":path: /a", `authorization: ${token}`]);
    const second = encoded("/b");
    assert.deepEqual(decode.decode(second), [":method: GET", ":path: /b", `authorization: ${token}`]);
    assert.ok(second.length > again && second.length < again + 20, `${second.length} bytes`);
  }
});

test("the encoder keeps to the table that the peer keeps", () => {
  const encoder = new HeaderEncoder();
  const decode = decoder();
  const encoded = (headers: string[]): string[] => decode.decode(Buffer.from(encoder.encode(200, headers)));
  assert.deepEqual(encoded(["x", "1"]), [":status: 200", "x: 1"]);
  encoder.limitTable(0);
  assert.deepEqual(encoded(["x", "1"]), [":status: 200", "x: 1"]);
  assert.deepEqual(encoded(["x", "1"]), [":status: 200", "x: 1"]);
});

test("more different headers than the table holds are read as they were written", () => {
  const encoder = new HeaderEncoder();
  const decode = decoder();
  for (let number = 0; number < 500; number++) {
    const headers = ["a", `value ${number}`, "b", `value ${number % 7}`, `name-${number % 50}`, "same"];
    const expected = [":status: 200", ...[0, 2, 4].map((at) => `${headers[at]}: ${headers[at + 1]}`)];
    assert.deepEqual(decode.decode(Buffer.from(encoder.encode(200, headers))), expected);
  }
});

test("what is no header is refused before it is sent", () => {
  assert.throws(() => checkHeaders(["Name", "value"]), TypeError);
  assert.throws(() => checkHeaders(["name", "a\r\nb"]), TypeError);
  assert.throws(() => checkHeaders(["name", "\u2713"]), TypeError);
});
