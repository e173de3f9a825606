import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** Bytes that the client sent after its request. */
  readonly head: Buffer;
}

/** What has no meaning beyond one connection, and what must not reach the runtime. */
const DROPPED_HEADERS = new Set(["host", "authorization", "content-length", "transfer-encoding", "cookie"]);

/**
 * Hands a client that wants to stream over to the runtime's streaming server: its request goes on to `url`, and then bytes
 * pass both ways until one side ends. What the server answers in place of an upgrade reaches the client as it is.
 * Resolves when the streaming has begun, or the refusal is written; rejects when the server cannot be reached.
 */
export function proxyUpgrade(client: UpgradeRequest, url: string): Promise<void> {
  const target = new URL(url);
  if (target.protocol !== "http:") return Promise.reject(new Error(`cannot stream from a ${target.protocol} address`));
  const { request, socket, head } = client;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !DROPPED_HEADERS.has(name)) headers[name] = value;
  }
  return new Promise((resolve, reject) => {
    const upstream = httpRequest(target, { method: request.method ?? "POST", headers, agent: false });
    const abandon = (): void => void upstream.destroy();
    socket.on("close", abandon);
    upstream.on("error", (error) => {
      socket.off("close", abandon);
      reject(error);
    });
    upstream.on("response", (response) => {
      socket.write(statusHead(response, { connection: "close" }));
      response.pipe(socket);
      resolve();
    });
    upstream.on("upgrade", (response, runtime, early) => {
      socket.off("close", abandon);
      socket.write(statusHead(response, {}));
      if (early.length > 0) socket.write(early);
      if (head.length > 0) runtime.write(head);
      joinStreams(socket, runtime);
      resolve();
    });
    upstream.end();
  });
}

/** Passes bytes both ways, no faster than each side takes them. When one side ends or breaks, so does the other. */
export function joinStreams(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => {
      if (!to.writableEnded) to.end();
    });
    from.pipe(to);
  }
}

function statusHead(response: IncomingMessage, more: Readonly<Record<string, string>>): string {
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage ?? ""}`];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    const name = response.rawHeaders[index] as string;
    // The body of a refusal goes out as it comes, and its end is the end of the connection.
    if (/^(transfer-encoding|keep-alive)$/i.test(name) || more[name.toLowerCase()] !== undefined) continue;
    lines.push(`${name}: ${response.rawHeaders[index + 1]}`);
  }
  for (const [name, value] of Object.entries(more)) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
