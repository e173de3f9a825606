import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/**
 * The least that a server on Node can do for the same bytes over TLS and HTTP/2: what Wherry is compared with. GET answers
 * the buffer of its path, POST reads and parses a body and answers it; GET /events holds the answer open, and POST /events
 * writes one line to all who hold.
 */
interface Settings {
  readonly key: string;
  readonly cert: string;
  readonly bodies: Readonly<Record<string, string | number>>;
  readonly event: string;
}

function bufferOf(body: string | number): Buffer {
  return typeof body === "number" ? Buffer.alloc(body, "x") : Buffer.from(body);
}

process.once("message", (settings: Settings) => {
  const bodies = new Map(Object.entries(settings.bodies).map(([path, body]) => [path, bufferOf(body)]));
  const event = Buffer.from(settings.event);
  const holders = new Set<ServerHttp2Stream>();
  const server = createSecureServer({
    key: settings.key,
    cert: settings.cert,
    settings: { maxConcurrentStreams: 10_000, initialWindowSize: 1024 * 1024 },
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const path = headers[":path"] ?? "";
    const respond = (code: number): void => stream.respond({ ":status": code, "content-type": "application/json" });
    if (path === "/events" && headers[":method"] === "GET") {
      respond(200);
      holders.add(stream);
      stream.on("close", () => holders.delete(stream));
    } else if (path === "/events") {
      for (const holder of holders) holder.write(event);
      respond(200);
      stream.end();
    } else if (headers[":method"] === "GET") {
      respond(200);
      stream.end(bodies.get(path));
    } else {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString());
        respond(201);
        stream.end(JSON.stringify(parsed));
      });
    }
  });
  server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
});
// The observer lets a process end that waits for nothing else.
process.channel?.ref();
process.send!("hello");
process.once("disconnect", () => process.exit(0));
