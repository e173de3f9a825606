import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Exchange } from "../exchange.ts";

type Upgrade = NonNullable<Exchange["upgrade"]>;

/** What one message of a client may hold: far more than any client sends at once. */
const MESSAGE_LIMIT_BYTES = 32 * 1024 * 1024;

/** Subprotocols that a client offers, in its order; undefined when it does not ask for a WebSocket. */
export function offeredProtocols(request: Pick<IncomingMessage, "headers">): string[] | undefined {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") return undefined;
  const offered = request.headers["sec-websocket-protocol"] ?? "";
  return offered
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
}

/** Completes the handshake, with that subprotocol if there is one. Undefined when the client's part of it is wrong, which it is told. */
export async function acceptWebSocket(upgrade: Upgrade, protocol: string | undefined): Promise<WebSocket | undefined> {
  const { WebSocketServer } = await import("ws");
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_LIMIT_BYTES,
  });
  // The library takes names with a slash in them for malformed; Kubernetes has one. So it never sees the header.
  const { "sec-websocket-protocol": _offered, ...headers } = upgrade.request.headers;
  const request: IncomingMessage = Object.create(upgrade.request, { headers: { value: headers } });
  if (protocol !== undefined) server.on("headers", (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve) => {
    if (upgrade.socket.destroyed) return resolve(undefined);
    const refused = (): void => resolve(undefined);
    upgrade.socket.once("close", refused);
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (webSocket) => {
      upgrade.socket.off("close", refused);
      resolve(webSocket);
    });
  });
}

/** A WebSocket's binary messages as a stream of bytes. */
export async function webSocketStream(webSocket: WebSocket): Promise<Duplex> {
  const { createWebSocketStream } = await import("ws");
  return createWebSocketStream(webSocket, { readableObjectMode: false });
}
