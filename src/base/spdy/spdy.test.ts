import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { constants, inflateSync } from "node:zlib";
import { controlFrame, dataFrameHeader, FIN, FrameParser, RST_STREAM, SYN_REPLY, synStreamFrame } from "./frames.ts";
import { HeaderBlockWriter } from "./header-block.ts";
import { openSpdySession } from "./session.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s+/g, ""), "hex");

test("a stream's first frame, byte by byte", () => {
  const blocks = new HeaderBlockWriter();
  assert.equal(
    synStreamFrame(1, blocks.write({ StreamType: "error" })).toString("hex"),
    hex(`80030001 00000031 00000001 00000000 0000
         7801 00 1b00 e4ff 00000001 0000000a 73747265616d74797065 00000005 6572726f72 00 0000 ffff`).toString("hex"),
  );
  assert.equal(
    synStreamFrame(3, blocks.write({})).toString("hex"),
    hex("80030001 00000018 00000003 00000000 0000 00 0400 fbff 00000000 00 0000 ffff").toString("hex"),
  );
});

test("header blocks of a connection are one zlib stream", () => {
  const blocks = new HeaderBlockWriter();
  const long = "x".repeat(70_000);
  const bytes = Buffer.concat([blocks.write({ a: "b" }), blocks.write({ c: long })]);
  const plain = inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  assert.equal(plain.subarray(0, 14).toString("hex"), "000000010000000161000000016" + "2");
  assert.ok(plain.toString().endsWith(long));
});

test("data frames have stream, flags and length", () => {
  assert.equal(dataFrameHeader(5, FIN, 3).toString("hex"), "0000000501000003");
});

test("frames are read however the bytes are cut", () => {
  const bytes = Buffer.concat([
    controlFrame(SYN_REPLY, 0, hex("00000001 00000000")),
    dataFrameHeader(1, 0, 5),
    Buffer.from("hello"),
    dataFrameHeader(3, FIN, 0),
    dataFrameHeader(1, FIN, 1),
    Buffer.from("!"),
  ]);
  for (const size of [1, 2, 3, 7, 8, 9, 1000]) {
    const seen: string[] = [];
    let text = "";
    const parser = new FrameParser({
      data: (id, chunk) => {
        text += `${id}${chunk}`.replace(/^1/, "");
      },
      end: (id) => seen.push(`end ${id}`),
      control: (type) => seen.push(`control ${type}`),
    });
    for (let start = 0; start < bytes.length; start += size) parser.push(bytes.subarray(start, start + size));
    assert.deepEqual(seen, ["control 2", "end 3", "end 1"]);
    assert.equal(text, "hello!");
  }
});

test("what is not SPDY is refused", () => {
  const parser = new FrameParser({ data() {}, end() {}, control() {} });
  assert.throws(() => parser.push(hex("80020001 00000000")), /version 2/);
  assert.throws(() => parser.push(hex("80030001 00ffffff")), /16777215 bytes/);
});

function pipe(): { socket: Duplex; sent(): Buffer; receive(bytes: Buffer): void } {
  const sent: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      sent.push(chunk);
      done();
    },
  });
  return { socket, sent: () => Buffer.concat(sent), receive: (bytes) => void socket.push(bytes) };
}

test("after a reset of one stream the others are read on", async () => {
  const { socket, receive } = pipe();
  const session = openSpdySession(socket, Buffer.alloc(0));
  const seen: string[] = [];
  for (const name of ["error", "stdin"]) {
    session.open(
      { streamtype: name },
      { data: (chunk) => seen.push(`${name} ${chunk}`), end: () => seen.push(`${name} ends`) },
    );
  }
  receive(controlFrame(RST_STREAM, 0, hex("00000003 00000005")));
  receive(Buffer.concat([dataFrameHeader(1, FIN, 2), Buffer.from("ok")]));
  socket.push(null);
  assert.equal(await session.closed, undefined);
  assert.deepEqual(seen, ["stdin ends", "error ok", "error ends"]);
});

test("large writes are cut, the end is sent once, pings of the server are answered", async () => {
  const { socket, sent, receive } = pipe();
  const session = openSpdySession(socket, controlFrame(6, 0, hex("00000002")));
  const stream = session.open({}, { data() {}, end() {} });
  const before = sent().length;
  stream.write(Buffer.alloc(150_000));
  stream.end();
  stream.end();
  assert.equal(sent().length - before, 150_000 + 3 * 8 + 8);
  assert.equal(sent().subarray(0, 12).toString("hex"), "80030006" + "00000004" + "00000002");
  receive(controlFrame(6, 0, hex("00000001")));
  await new Promise(setImmediate);
  assert.equal(sent().length - before, 150_000 + 3 * 8 + 8);
  session.destroy();
  await session.closed;
});
