import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { onAbort } from "../../base/on-abort.ts";
import type { AdoptingAgent } from "./adopting-agent.ts";
import { readAnswer } from "./read-answer.ts";
import type { WebhookAnswer } from "./webhook-client.ts";

/** As connections of HTTP/1.1: see create-webhook-client.ts. */
const IDLE_MS = 90_000;
/** As Go's transport waits for a connection. */
const CONNECT_MS = 30_000;

/** Where to, and how the server there is recognized. */
export interface Http2Target {
  readonly host: string;
  readonly port: number;
  /** Empty where it is an address. */
  readonly servername: string;
}

export interface Http2Call {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

/**
 * Connections to servers that chose HTTP/2: one for each server, which all calls share, as Go's clients do. Those of servers that
 * chose HTTP/1.1 are given to the agent, and that is what is spoken as long as they are open.
 */
export class Http2Sessions {
  readonly #tls: ConnectionOptions;
  readonly #agent: AdoptingAgent;
  readonly #known = new Map<string, Promise<ClientHttp2Session | undefined>>();

  constructor(tls: ConnectionOptions, agent: AdoptingAgent) {
    this.#tls = tls;
    this.#agent = agent;
  }

  /** Undefined when the server speaks HTTP/1.1. On another connection when a kept one turns out to be closed. */
  async send(to: Http2Target, call: Http2Call): Promise<WebhookAnswer | undefined> {
    for (;;) {
      const key = `${to.servername}|${to.host}|${to.port}`;
      const kept = this.#known.get(key);
      const session = await unlessAborted(kept ?? this.#opening(key, to), call.signal);
      if (session === undefined) return undefined;
      let answering: Answering;
      try {
        answering = await post(session, call);
      } catch (error) {
        const isGone = session.closed || session.destroyed || wasRefused(error);
        if (call.signal.aborted || kept === undefined || !isGone) throw error;
        this.#forget(key, kept);
        continue;
      }
      return await readAnswer(answering.code, answering.stream as AsyncIterable<Buffer>);
    }
  }

  get isIdle(): boolean {
    return this.#known.size === 0;
  }

  /** Ends all of them at once. */
  destroy(): void {
    for (const opening of this.#known.values()) opening.then((session) => session?.destroy()).catch(() => {});
    this.#known.clear();
  }

  #opening(key: string, to: Http2Target): Promise<ClientHttp2Session | undefined> {
    const forget = (): void => this.#forget(key, opening);
    const opening = this.#open(to, forget);
    this.#known.set(key, opening);
    opening.catch(forget);
    return opening;
  }

  /** @param over called when the connection is closed */
  async #open(to: Http2Target, over: () => void): Promise<ClientHttp2Session | undefined> {
    const socket = await handshake({ ...this.#tls, ...to, ALPNProtocols: ["h2", "http/1.1"] });
    if (socket.alpnProtocol !== "h2") {
      socket.once("close", over);
      this.#agent.adopt(to, socket);
      return undefined;
    }
    const session = connectHttp2(`https://${to.host}`, { createConnection: () => socket });
    // Calls hear of it by their own streams.
    session.on("error", () => {});
    session.once("close", over).once("goaway", over);
    session.setTimeout(IDLE_MS, () => session.close());
    return session;
  }

  #forget(key: string, opening: Promise<unknown>): void {
    if (this.#known.get(key) === opening) this.#known.delete(key);
  }
}

function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(options);
    const timedOut = (): void => void socket.destroy(new Error("net/http: TLS handshake timeout"));
    socket.setTimeout(CONNECT_MS, timedOut);
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      socket.setTimeout(0).off("timeout", timedOut);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

interface Answering {
  readonly code: number;
  readonly stream: ClientHttp2Stream;
}

function post(session: ClientHttp2Session, { path, headers, body, signal }: Http2Call): Promise<Answering> {
  const { host, ...others } = headers;
  return new Promise((resolve, reject) => {
    const stream = session.request(
      {
        ...others,
        ":method": "POST",
        ":scheme": "https",
        ":authority": host ?? "",
        ":path": path,
        "content-length": String(body.length),
      },
      { signal },
    );
    stream.once("response", (answered) => resolve({ code: Number(answered[":status"] ?? 0), stream }));
    stream.on("error", reject);
    stream.once("close", () => reject(new Error("EOF")));
    stream.end(body);
  });
}

/** The server has not looked at it: it may be asked anew. */
function wasRefused(error: unknown): boolean {
  const { code, message = "" } = error as Error & { code?: string };
  return code === "ERR_HTTP2_GOAWAY_SESSION" || message.includes("NGHTTP2_REFUSED_STREAM");
}

/** Others wait for the connection, too: who gives up leaves them to it. */
function unlessAborted<T>(opening: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(signal.reason));
    opening.then(resolve, reject).finally(forget);
  });
}
