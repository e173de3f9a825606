import type {
  ClientHttp2Stream,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  SecureClientSessionOptions,
} from "node:http2";
import { constants } from "node:http2";
import type { ApiObject } from "../api/meta.ts";
import { StatusError } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { parseJsonLines } from "../base/json-lines.ts";
import { currentTrace, formatTraceparent } from "../base/trace.ts";
import { readAnswer } from "./http-answer.ts";
import { createSessionPool, type Lease, type SessionPool } from "./http-session-pool.ts";
import { statusErrorOf } from "./http-status.ts";
import { type Transport, TransportError, type TransportRequest, type WatchEvent } from "./transport.ts";

/** The server ends other requests than watches after 60 s; one that outlives that is lost. */
const REQUEST_TIMEOUT_MS = 70_000;
const LARGEST_EVENT_BYTES = 32 * 1024 * 1024;
const REFUSED_RETRIES = 3;

export interface HttpTransportOptions {
  /** `https://host:port`, or `http://host:port` for HTTP/2 without TLS. A path is put before all request paths. */
  readonly server: string;
  readonly clock: Clock;
  /** PEM. The system's certificate authorities when absent. */
  readonly certificateAuthority?: string | undefined;
  /** PEM, with `clientKey`. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Asked before each request, because tokens in files change. */
  readonly token?: (() => string | Promise<string>) | undefined;
  /** Name that the server's certificate must have, when it is not the server's host. */
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Authority and client certificate as they are at any time, in place of those above. */
  readonly follow?: CertificateSource | undefined;
  readonly userAgent?: string | undefined;
}

/** Certificates that are renewed while the transport is in use. */
export interface CertificateSource {
  current(): {
    readonly certificateAuthority?: string | undefined;
    readonly clientCertificate?: string | undefined;
    readonly clientKey?: string | undefined;
  };
  /** Answers how to listen no more. */
  onChange(listener: () => void): () => void;
}

interface Response {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly stream: ClientHttp2Stream;
}

/** Talks to an API server over HTTP/2. See client/transport.ts for what it promises. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const server = new URL(options.server);
  const prefix = server.pathname.replace(/\/$/, "");
  const pool = createSessionPool(server.origin, () => sessionOptions(options), options.clock);
  const forget = options.follow?.onChange(() => pool.renew());

  const send = (request: TransportRequest, signal: AbortSignal | undefined): Promise<Response & Lease> =>
    sendThrough(pool, { request, signal, prefix, options });

  async function receive(request: TransportRequest): Promise<string> {
    const timeout = new AbortController();
    const reason = new TransportError(`${request.method} ${request.path}: no answer within ${REQUEST_TIMEOUT_MS} ms`);
    const timer = options.clock.setTimer(() => timeout.abort(reason), REQUEST_TIMEOUT_MS);
    const signal = request.signal === undefined ? timeout.signal : AbortSignal.any([request.signal, timeout.signal]);
    try {
      const response = await send(request, signal);
      try {
        const text = await bodyOf(response, request, signal);
        if (response.code >= 400) throw statusErrorOf(response, text);
        return text;
      } finally {
        response.release();
      }
    } finally {
      timer.cancel();
    }
  }

  return {
    async request(request) {
      const text = await receive(request);
      try {
        return JSON.parse(text) as ApiObject;
      } catch (error) {
        throw new TransportError(`${request.method} ${request.path}: the answer is not JSON`, { cause: error });
      }
    },
    text: receive,
    async *watch(request) {
      if (request.signal?.aborted) return;
      let response: (Response & Lease) | undefined;
      try {
        response = await send(request, request.signal);
        if (response.code >= 400) throw statusErrorOf(response, await bodyOf(response, request, request.signal));
        yield* watchEvents(response.stream, request);
      } catch (error) {
        if (!request.signal?.aborted) throw error;
      } finally {
        response?.stream.close(constants.NGHTTP2_CANCEL);
        response?.release();
      }
    },
    async close() {
      forget?.();
      pool.close();
    },
  };
}

interface Sending {
  readonly request: TransportRequest;
  readonly signal: AbortSignal | undefined;
  readonly prefix: string;
  readonly options: HttpTransportOptions;
}

/** Sends the request and waits for the head of its answer; whoever gets it releases the lease. */
async function sendThrough(pool: SessionPool, sending: Sending): Promise<Response & Lease> {
  const { request, signal, prefix, options } = sending;
  for (let attempt = 0; ; attempt++) {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const headers = await headersOf(request, { prefix, options, length: body?.length });
    const lease = await pool.acquire();
    try {
      signal?.throwIfAborted();
      const stream = lease.session.request(headers, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      return { ...(await whenAnswered(stream, signal)), ...lease };
    } catch (error) {
      lease.release();
      if (signal?.aborted) throw signal.reason;
      // The server promises that it has not looked at a refused stream.
      if (isRefused(error) && attempt < REFUSED_RETRIES) continue;
      throw transportError(request, error);
    }
  }
}

function sessionOptions(options: HttpTransportOptions): SecureClientSessionOptions {
  const { certificateAuthority, clientCertificate, clientKey } = options.follow?.current() ?? options;
  return {
    ca: certificateAuthority,
    cert: clientCertificate,
    key: clientKey,
    // As client-go: an authority in the kubeconfig need not be a root.
    allowPartialTrustChain: true,
    rejectUnauthorized: options.insecureSkipTlsVerify !== true,
    ...(options.tlsServerName === undefined ? {} : { servername: options.tlsServerName }),
    settings: { enablePush: false, initialWindowSize: 1024 * 1024 },
  };
}

async function headersOf(
  request: TransportRequest,
  { prefix, options, length }: { prefix: string; options: HttpTransportOptions; length: number | undefined },
): Promise<OutgoingHttpHeaders> {
  const query = new URLSearchParams(request.query).toString();
  const headers: OutgoingHttpHeaders = {
    ":method": request.method,
    ":path": `${prefix}${request.path}${query === "" ? "" : `?${query}`}`,
    accept: "application/json",
    "user-agent": options.userAgent ?? "wherry",
  };
  if (length !== undefined) {
    headers["content-type"] = request.contentType ?? "application/json";
    headers["content-length"] = length;
  }
  const token = await options.token?.();
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const trace = currentTrace();
  if (trace !== undefined) headers.traceparent = formatTraceparent(trace);
  return headers;
}

function whenAnswered(stream: ClientHttp2Stream, signal: AbortSignal | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = (): void => stream.close(constants.NGHTTP2_CANCEL);
    let failure: unknown;
    stream.once("response", (headers) => {
      resolve({ code: Number(headers[":status"]), headers, stream });
    });
    // Stays for the life of the stream: an error without a listener would end the process.
    stream.on("error", (error) => {
      failure = error;
    });
    stream.once("close", () => {
      signal?.removeEventListener("abort", abort);
      reject(failure ?? new Error("the connection was closed before an answer"));
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort);
  });
}

/** @throws TransportError when the answer breaks off or is too large */
async function bodyOf(response: Response, request: TransportRequest, signal: AbortSignal | undefined): Promise<string> {
  try {
    const parts = await readAnswer(response.stream, response.headers);
    await checkEnd(response.stream);
    return Buffer.concat(parts).toString();
  } catch (error) {
    response.stream.close(constants.NGHTTP2_CANCEL);
    if (signal?.aborted) throw signal.reason;
    throw transportError(request, error);
  }
}

async function* watchEvents(stream: ClientHttp2Stream, request: TransportRequest): AsyncGenerator<WatchEvent> {
  try {
    for await (const value of parseJsonLines(stream, LARGEST_EVENT_BYTES)) {
      const { type, object } = value as { type: string; object: ApiObject };
      if (type === "ERROR") throw new StatusError(object as unknown as StatusError["status"]);
      yield { type: type as WatchEvent["type"], object };
    }
    await checkEnd(stream);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw transportError(request, error);
  }
}

/** A stream that ended by a reset or a lost connection looks to a reader as if it had ended well; its close tells. */
async function checkEnd(stream: ClientHttp2Stream): Promise<void> {
  if (!stream.destroyed) await new Promise<void>((resolve) => stream.once("close", () => resolve()));
  if (stream.aborted || (stream.rstCode ?? 0) !== 0) throw new Error("the connection broke off");
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && /REFUSED_STREAM/.test(error.message);
}

function transportError(request: TransportRequest, error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError(`${request.method} ${request.path}: ${errorMessage(error)}`, { cause: error });
}
