import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest, type RequestOptions as SecureRequestOptions } from "node:https";
import type { Duplex } from "node:stream";

/** What a server answered to a request to become a stream. */
export interface UpgradeAnswer {
  readonly response: IncomingMessage;
  /** Absent when the server refused; then the response has a body to read. */
  readonly stream?: { readonly socket: Duplex; readonly head: Buffer };
}

/** Headers that belong to one connection alone, or that must never be handed on. */
const DROPPED_HEADERS = new Set([
  "host",
  "authorization",
  "cookie",
  "content-length",
  "transfer-encoding",
  "keep-alive",
]);

/** Headers of a client's upgrade request that go on to the next server. */
export function forwardedHeaders(request: Pick<IncomingMessage, "headers">): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !DROPPED_HEADERS.has(name)) kept[name] = value;
  }
  return kept;
}

/** Asks a server to become a stream (HTTP/1.1 Upgrade). Rejects when it cannot be reached, or when the signal aborts. */
export function requestUpgrade(
  options: (RequestOptions & { secure?: false }) | (SecureRequestOptions & { secure: true }),
  signal: AbortSignal,
): Promise<UpgradeAnswer> {
  return new Promise((resolve, reject) => {
    const { secure, ...rest } = options;
    const request = (secure === true ? httpsRequest : httpRequest)({ ...rest, agent: false });
    const abandon = (): void => void request.destroy(new Error("the client has gone"));
    const settle = (): void => signal.removeEventListener("abort", abandon);
    signal.addEventListener("abort", abandon);
    if (signal.aborted) abandon();
    request.on("error", (error) => {
      settle();
      reject(error);
    });
    request.on("response", (response) => {
      settle();
      resolve({ response });
    });
    request.on("upgrade", (response, socket, head) => {
      settle();
      resolve({ response, stream: { socket, head } });
    });
    request.end();
  });
}

/** Status line and headers of an answer, as they came but for the body's framing, to be written to another connection. */
export function responseHead(response: IncomingMessage, more: Readonly<Record<string, string>> = {}): string {
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage ?? ""}`];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    const name = response.rawHeaders[index] as string;
    if (/^(transfer-encoding|keep-alive)$/i.test(name) || more[name.toLowerCase()] !== undefined) continue;
    lines.push(`${name}: ${response.rawHeaders[index + 1]}`);
  }
  for (const [name, value] of Object.entries(more)) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
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
