import { once } from "node:events";
import type { WebSocket } from "ws";
import { BEARER_PROTOCOL_PREFIX } from "../authn/bearer-token.ts";
import { acceptWebSocket, offeredProtocols } from "../connect/web-socket.ts";
import type { Answer, Exchange } from "../exchange.ts";
import type { FramedEvents } from "./encode-watch.ts";
import type { Format } from "./negotiate.ts";

const FRAME_LENGTH_BYTES = 4;
const BASE64 = "base64.binary.k8s.io";

/**
 * Whether a client that asked for a WebSocket gets the answer over one, as browsers and fabric8's client do: watches and logs.
 * What else it may be is told in plain HTTP.
 */
export function wantsWebSocket(answer: Answer, { upgrade, info }: Exchange): boolean {
  if (upgrade === undefined || offeredProtocols(upgrade.request) === undefined) return false;
  return answer.kind === "watch" || (answer.kind === "stream" && answer.code === 200 && info.subresource === "log");
}

/**
 * Sends each chunk as a message of its own: text as text, other bytes as they are or, for who offers that protocol, in base64.
 */
export async function writeMessages(
  chunks: AsyncIterable<Buffer>,
  { exchange, isText }: { exchange: Exchange; isText: boolean },
): Promise<void> {
  const upgrade = exchange.upgrade!;
  const offered = (offeredProtocols(upgrade.request) ?? []).filter((name) => !name.startsWith(BEARER_PROTOCOL_PREFIX));
  const webSocket = await acceptWebSocket(upgrade, offered[0]);
  if (webSocket === undefined) return;
  webSocket.on("error", () => webSocket.terminate());
  const inBase64 = !isText && offered[0] === BASE64;
  try {
    for await (const chunk of chunks) {
      if (webSocket.readyState !== webSocket.OPEN) break;
      await send(webSocket, inBase64 ? chunk.toString("base64") : chunk, isText || inBase64);
    }
  } finally {
    await closed(webSocket);
  }
}

/** One event a message, which needs no length before it as the frames of protobuf have. */
export function writeWatchMessages(
  watch: FramedEvents,
  exchange: Exchange,
  encoding: Format["encoding"],
): Promise<void> {
  const isText = encoding === "json";
  return writeMessages(messages(watch, isText ? 0 : FRAME_LENGTH_BYTES), { exchange, isText });
}

async function* messages({ events, frameOf }: FramedEvents, start: number): AsyncGenerator<Buffer, void, undefined> {
  for await (const batch of events) for (const event of batch) yield frameOf(event).subarray(start);
}

/** A client that left is told by the loop's next look, not by an error. */
function send(webSocket: WebSocket, message: string | Buffer, isText: boolean): Promise<void> {
  return new Promise((resolve) => webSocket.send(message, { binary: !isText }, () => resolve()));
}

/** Ends it politely; the library cuts the connection of who does not answer. */
async function closed(webSocket: WebSocket): Promise<void> {
  if (webSocket.readyState === webSocket.CLOSED) return;
  const gone = once(webSocket, "close");
  webSocket.close();
  await gone;
}
