import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { SecureContext } from "node:tls";
import { serviceUnavailable } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { forwardedHeaders, joinStreams, requestUpgrade, responseHead } from "../../base/http-upgrade.ts";
import type { Answer, Exchange } from "../exchange.ts";

/** Where a request is handed on to. */
export type Connection = { host: string; port: number } & (
  | { secure: false }
  | ({ secure: true; secureContext?: SecureContext } & Pick<
      RequestOptions,
      "ca" | "cert" | "key" | "servername" | "rejectUnauthorized" | "checkServerIdentity" | "allowPartialTrustChain"
    >)
);

export type OutgoingRequest = Connection & { method: string; path: string };

/** Headers of one connection alone; those of HTTP/2 begin with a colon. */
const HOP_HEADERS =
  /^(?::.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|authorization|content-length)$/;

/** Hands a request on and resolves with the other side's answer. @throws StatusError ServiceUnavailable */
export async function forwardPlain(
  exchange: Exchange,
  request: OutgoingRequest,
  headers: Record<string, string | string[]>,
): Promise<IncomingMessage> {
  const body = await bodyOf(exchange);
  const { secure, ...rest } = request;
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = (secure ? httpsRequest : httpRequest)({ ...rest, headers, agent: false, signal: exchange.signal });
    sent.on("response", resolve);
    sent.on("error", (error) => reject(serviceUnavailable(`error trying to reach service: ${errorMessage(error)}`)));
    sent.end(body);
  });
}

/** A component of this process hands its body over by reference. */
async function bodyOf({ method, body }: Exchange): Promise<Buffer | string | undefined> {
  if (method === "GET" || method === "HEAD") return undefined;
  return body.value === undefined ? body.read() : JSON.stringify(body.value);
}

/** Hands a request to become a stream on, and joins the two connections. @throws StatusError ServiceUnavailable */
export async function forwardUpgrade(
  exchange: Exchange,
  upgrade: NonNullable<Exchange["upgrade"]>,
  {
    request,
    headers,
    refuse,
  }: {
    request: OutgoingRequest;
    headers?: Record<string, string | string[]>;
    /** The answer to give instead of what came back, if there is one. */
    refuse?: (response: IncomingMessage) => Answer | undefined;
  },
): Promise<Answer> {
  const answer = await requestUpgrade(
    { ...request, headers: headers ?? forwardedHeaders(upgrade.request) },
    exchange.signal,
  ).catch((error: unknown) => {
    throw serviceUnavailable(`error trying to reach service: ${errorMessage(error)}`);
  });
  const { response, stream } = answer;
  const refused = stream === undefined ? refuse?.(response) : undefined;
  if (refused !== undefined) return refused;
  upgrade.socket.write(responseHead(response, stream === undefined ? { connection: "close" } : {}));
  if (stream === undefined) {
    response.pipe(upgrade.socket);
    return { kind: "taken" };
  }
  if (stream.head.length > 0) upgrade.socket.write(stream.head);
  if (upgrade.head.length > 0) stream.socket.write(upgrade.head);
  joinStreams(upgrade.socket, stream.socket);
  return { kind: "taken" };
}

/** The client's headers that go on, with those of the proxy itself. */
export function handedOnHeaders(exchange: Exchange): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(exchange.headers)) {
    if (value !== undefined && !HOP_HEADERS.test(name)) headers[name] = value;
  }
  headers["x-forwarded-host"] = String(exchange.headers.host ?? exchange.headers[":authority"] ?? "");
  headers["x-forwarded-proto"] = "https";
  return headers;
}

/** The answer's headers that go back. */
export function handedBackHeaders(response: IncomingMessage): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && (name === "content-length" || !HOP_HEADERS.test(name))) found[name] = value;
  }
  return found;
}
