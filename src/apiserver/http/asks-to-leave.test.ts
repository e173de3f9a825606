import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { createHttpTransport } from "../../client/http-transport.ts";
import { textAnswer } from "../exchange.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { createEdge } from "./edge.ts";

test("who is asked to leave hears all answers, and its connection ends with the last", async () => {
  const tls = await selfSigned();
  const slow = Promise.withResolvers<void>();
  const edge = createEdge({
    tls: { ...tls, clientCa: tls.cert },
    ...{ clock: systemClock, log: silentLogger },
    asksToLeave: () => true,
    async handler() {
      await slow.promise;
      return textAnswer("done");
    },
  });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const stream = session.request({ ":path": "/" });
  const [code] = (await once(session, "goaway")) as [number];
  assert.equal(code, 0);
  const closed = once(session, "close");
  slow.resolve();
  assert.equal(await text(stream), "done");
  await closed;
  await edge.close();
});

test("our own clients lose nothing by it", async () => {
  const tls = await selfSigned();
  let requests = 0;
  const edge = createEdge({
    tls: { ...tls, clientCa: tls.cert },
    ...{ clock: systemClock, log: silentLogger },
    // Each tenth: more than anybody can choose.
    asksToLeave: () => requests++ % 10 === 0,
    handler: (exchange) => textAnswer(exchange.path),
  });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  const server = `https://127.0.0.1:${port}`;
  const transport = createHttpTransport({ server, insecureSkipTlsVerify: true, clock: systemClock });
  for (let round = 0; round < 20; round++) {
    const paths = Array.from({ length: 20 }, (_, index) => `/${round}/${index}`);
    const texts = await Promise.all(paths.map((path) => transport.text({ method: "POST", path, body: {} })));
    assert.deepEqual(texts, paths);
  }
  assert.equal(requests, 400);
  await transport.close();
  await edge.close();
});
