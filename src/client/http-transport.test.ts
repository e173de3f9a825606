import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { StatusError } from "../api/status.ts";
import { systemClock } from "../base/clock.ts";
import { withTrace } from "../base/trace.ts";
import { createHttpTransport } from "./http-transport.ts";
import { type Transport, TransportError } from "./transport.ts";

type Handler = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

/** A real HTTP/2 server on loopback that answers by path. */
async function serve(handlers: Record<string, Handler>, settings: http2.Settings = {}) {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer({ settings });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const path = headers[":path"]!.split("?")[0]!;
    handlers[path]!(stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    sessions,
    close: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(stream: http2.ServerHttp2Stream, code: number, body: string): void {
  stream.respond({ ":status": code, "content-type": "application/json" });
  stream.end(body);
}

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

describe("http transport", () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let transport: Transport;
  let openWatches = 0;

  before(async () => {
    server = await serve(
      {
        "/echo": (stream, headers) => {
          const parts: Buffer[] = [];
          stream.on("data", (part: Buffer) => parts.push(part));
          stream.on("end", () => {
            const body = Buffer.concat(parts).toString();
            answer(stream, 200, JSON.stringify({ kind: "Echo", headers, body }));
          });
        },
        "/missing": (stream) =>
          answer(
            stream,
            404,
            JSON.stringify({ kind: "Status", reason: "NotFound", code: 404, message: "no such pod" }),
          ),
        "/proxy-error": (stream) => answer(stream, 503, "upstream is down"),
        "/half": (stream) => {
          stream.respond({ ":status": 200 });
          stream.write('{"kind":', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
        },
        "/readyz": (stream) => answer(stream, 200, "ok"),
        "/watch": (stream) => {
          stream.respond({ ":status": 200 });
          const text =
            line("ADDED", { metadata: { name: "ä" } }) + line("BOOKMARK", { metadata: { resourceVersion: "7" } });
          // Cut in the middle of a character and of a line.
          const bytes = Buffer.from(text);
          const middle = bytes.indexOf(0xc3) + 1;
          stream.write(bytes.subarray(0, middle));
          setImmediate(() => stream.end(bytes.subarray(middle)));
        },
        "/watch-error": (stream) => {
          stream.respond({ ":status": 200 });
          stream.end(line("ERROR", { kind: "Status", reason: "Expired", code: 410, message: "too old" }));
        },
        "/watch-broken": (stream) => {
          stream.respond({ ":status": 200 });
          stream.write(line("ADDED", {}), () => stream.session?.destroy());
        },
        "/watch-open": (stream) => {
          openWatches++;
          stream.on("close", () => openWatches--);
          stream.respond({ ":status": 200 });
          stream.write(line("ADDED", { metadata: { name: "a" } }));
        },
      },
      { maxConcurrentStreams: 3 },
    );
    transport = createHttpTransport({ server: server.url, clock: systemClock, token: () => "t0ken" });
  });
  after(async () => {
    await transport.close();
    await server.close();
  });

  it("sends method, query, body, token and trace context", async () => {
    const trace = { traceId: "1".repeat(32), spanId: "2".repeat(16) };
    const echo = (await withTrace(trace, () =>
      transport.request({
        method: "PATCH",
        path: "/echo",
        query: { labelSelector: "a in (b,c)" },
        contentType: "application/merge-patch+json",
        body: { spec: { replicas: 3 } },
      }),
    )) as { headers?: http2.IncomingHttpHeaders; body?: string };
    assert.equal(echo.headers?.[":method"], "PATCH");
    assert.equal(new URL(`http://x${echo.headers?.[":path"]}`).searchParams.get("labelSelector"), "a in (b,c)");
    assert.equal(echo.headers?.["content-type"], "application/merge-patch+json");
    assert.equal(echo.headers?.authorization, "Bearer t0ken");
    assert.equal(echo.headers?.traceparent, `00-${trace.traceId}-${trace.spanId}-01`);
    assert.equal(echo.body, '{"spec":{"replicas":3}}');
  });

  it("rejects with the server's Status", async () => {
    await assert.rejects(transport.request({ method: "GET", path: "/missing" }), (error) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.reason, "NotFound");
      assert.equal(error.message, "no such pod");
      return true;
    });
  });

  it("makes a Status of an error that is none", async () => {
    await assert.rejects(transport.request({ method: "GET", path: "/proxy-error" }), (error) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.reason, "ServiceUnavailable");
      assert.equal(error.message, "upstream is down");
      return true;
    });
  });

  it("rejects with TransportError when an answer breaks off, and works on", async () => {
    await assert.rejects(transport.request({ method: "GET", path: "/half" }), TransportError);
    assert.equal(await transport.text({ method: "GET", path: "/readyz" }), "ok");
  });

  it("parses watch events across chunks, until the server ends the watch", async () => {
    const types: string[] = [];
    let name: string | undefined;
    for await (const event of transport.watch({ method: "GET", path: "/watch" })) {
      types.push(event.type);
      name ??= event.object.metadata?.name;
    }
    assert.deepEqual(types, ["ADDED", "BOOKMARK"]);
    assert.equal(name, "ä");
  });

  for (const [path, kind] of [
    ["/watch-error", StatusError],
    ["/watch-broken", TransportError],
    ["/missing", StatusError],
  ] as const) {
    it(`ends a watch of ${path} with ${kind.name}`, async () => {
      await assert.rejects(async () => {
        for await (const _ of transport.watch({ method: "GET", path })) {
          // only the end matters
        }
      }, kind);
    });
  }

  it("ends a watch quietly when its signal aborts, and closes the stream", async () => {
    const stop = new AbortController();
    let events = 0;
    for await (const _ of transport.watch({ method: "GET", path: "/watch-open", signal: stop.signal })) {
      events++;
      stop.abort();
    }
    assert.equal(events, 1);
    assert.equal(await transport.text({ method: "GET", path: "/readyz" }), "ok");
    assert.equal(openWatches, 0);
  });

  it("opens another connection when the streams of one are taken", async () => {
    const stop = new AbortController();
    const watches = Array.from({ length: 7 }, () =>
      transport.watch({ method: "GET", path: "/watch-open", signal: stop.signal })[Symbol.asyncIterator](),
    );
    for (const watch of watches) assert.equal((await watch.next()).value?.type, "ADDED");
    assert.equal(await transport.text({ method: "GET", path: "/readyz" }), "ok");
    assert.ok(server.sessions.size >= 3, `${server.sessions.size} connections`);
    stop.abort();
    for (const watch of watches) assert.equal((await watch.next()).done, true);
  });

  it("connects again after the server has closed all connections", async () => {
    await transport.text({ method: "GET", path: "/readyz" });
    const closed = Array.from(server.sessions, (session) => once(session, "close"));
    for (const session of server.sessions) session.close();
    await Promise.all(closed);
    assert.equal(await transport.text({ method: "GET", path: "/readyz" }), "ok");
  });

  it("says which server cannot be reached", async () => {
    const unreachable = createHttpTransport({ server: "http://127.0.0.1:1", clock: systemClock });
    await assert.rejects(unreachable.request({ method: "GET", path: "/" }), (error) => {
      assert.ok(error instanceof TransportError);
      assert.match(error.message, /cannot connect to http:\/\/127.0.0.1:1/);
      return true;
    });
    await unreachable.close();
  });
});
