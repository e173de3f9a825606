import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { noteClosed } from "./closed-stream.ts";

/** What Node is told when it asks a stream for its error. */
function answersOf(state: object): unknown[] {
  const answers: unknown[] = [];
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(state), "errored")!;
  Object.defineProperty(state, "errored", {
    get() {
      const answer: unknown = own.get?.call(this);
      answers.push(answer);
      return answer;
    },
    set: own.set,
  });
  return answers;
}

test("whoever confirms a write after the stream has closed finds an error and makes none", async () => {
  const server = createServer();
  let answers: unknown[] = [];
  server.on("stream", (stream) => {
    answers = answersOf((stream as unknown as { _writableState: object })._writableState);
    stream.on("close", () => noteClosed(stream));
    stream.on("data", () => {});
    stream.on("end", () => {
      stream.respond({ ":status": 201 });
      stream.end("done");
    });
  });
  server.listen(0);
  await once(server, "listening");
  const session = connect(`http://localhost:${(server.address() as AddressInfo).port}`);
  const stream = session.request({ ":method": "POST" });
  stream.end("body");
  stream.resume();
  await once(stream, "close");
  session.close();
  await once(session, "close");
  server.close();
  await once(server, "close");
  // Once by noteClosed, which finds none, and then by Node.
  assert.equal(answers[0], null);
  assert.ok(answers.length > 1, "Node no longer asks: noteClosed can go");
  assert.ok(answers.slice(1).every((answer) => answer instanceof Error));
});
