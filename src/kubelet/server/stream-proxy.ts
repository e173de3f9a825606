import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { forwardedHeaders, joinStreams, requestUpgrade, responseHead } from "../../base/http-upgrade.ts";

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** Bytes that the client sent after its request. */
  readonly head: Buffer;
}

/**
 * Hands a client that wants to stream over to the runtime's streaming server: its request goes on to `url`, and then bytes
 * pass both ways until one side ends. What the server answers in place of an upgrade reaches the client as it is.
 * Resolves when the streaming has begun, or the refusal is being written; rejects when the server cannot be reached.
 */
export async function proxyUpgrade(client: UpgradeRequest, url: string, signal: AbortSignal): Promise<void> {
  const target = new URL(url);
  if (target.protocol !== "http:") throw new Error(`cannot stream from a ${target.protocol} address`);
  const { request, socket, head } = client;
  const { response, stream } = await requestUpgrade(
    {
      host: target.hostname.replace(/^\[|\]$/g, ""),
      port: target.port,
      path: `${target.pathname}${target.search}`,
      method: request.method ?? "POST",
      headers: forwardedHeaders(request),
    },
    signal,
  );
  if (stream === undefined) {
    // The end of the connection is the end of the body.
    socket.write(responseHead(response, { connection: "close" }));
    response.pipe(socket);
    return;
  }
  socket.write(responseHead(response));
  if (stream.head.length > 0) socket.write(stream.head);
  if (head.length > 0) stream.socket.write(head);
  joinStreams(socket, stream.socket);
}
