import type { ClientHttp2Session, SecureClientSessionOptions } from "node:http2";
import http2 from "node:http2";
import type { Clock } from "../base/clock.ts";
import { TransportClosedError, TransportError } from "./transport.ts";

/** Dead connections are found by pings, as client-go does it: after 30 s, answered within 15 s. */
const PING_EVERY_MS = 30_000;
const PING_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 30_000;
/** Until the server says how many streams a connection may have. */
const ASSUMED_STREAMS = 100;

export interface SessionPool {
  /** A connected session with room for one more stream; `release` gives the room back. */
  acquire(): Promise<Lease>;
  /** What comes next gets a new connection; those that are open end with the last of their streams. */
  renew(): void;
  close(): void;
}

export interface Lease {
  readonly session: ClientHttp2Session;
  release(): void;
}

interface Pooled {
  readonly session: ClientHttp2Session;
  readonly connected: Promise<void>;
  streams: number;
}

/**
 * HTTP/2 connections to one server: one is enough until its streams are all taken (each watch keeps one), then another is
 * opened. A connection that fails, goes away or does not answer pings leaves the pool; the next request opens a new one.
 */
export function createSessionPool(
  origin: string,
  options: () => SecureClientSessionOptions,
  clock: Clock,
): SessionPool {
  const pool = new Set<Pooled>();
  /** Takes no more streams, and ends with the last. */
  const leaving = new Set<ClientHttp2Session>();
  let closed = false;

  function open(): Pooled {
    const session = http2.connect(origin, options());
    const pooled: Pooled = { session, streams: 0, connected: whenConnected(session, origin, clock) };
    pool.add(pooled);
    const stopPings = keepAlive(session, clock);
    session.on("goaway", () => void pool.delete(pooled));
    session.on("error", () => void pool.delete(pooled));
    session.on("close", () => {
      stopPings();
      pool.delete(pooled);
      leaving.delete(session);
    });
    return pooled;
  }

  function withRoom(): Pooled {
    for (const pooled of pool) {
      const limit = pooled.session.remoteSettings?.maxConcurrentStreams ?? ASSUMED_STREAMS;
      if (!pooled.session.closed && !pooled.session.destroyed && pooled.streams < limit) return pooled;
    }
    return open();
  }

  return {
    async acquire() {
      if (closed) throw new TransportClosedError(`the connection to ${origin} was closed`);
      const pooled = withRoom();
      pooled.streams++;
      try {
        await pooled.connected;
      } catch (error) {
        pooled.streams--;
        throw error;
      }
      let released = false;
      return {
        session: pooled.session,
        release() {
          if (!released) pooled.streams--;
          released = true;
        },
      };
    },
    renew() {
      for (const { session } of pool) {
        leaving.add(session);
        session.close();
      }
      pool.clear();
    },
    close() {
      closed = true;
      for (const { session } of pool) session.destroy();
      for (const session of leaving) session.destroy();
      pool.clear();
    },
  };
}

function whenConnected(session: ClientHttp2Session, origin: string, clock: Clock): Promise<void> {
  const connected = new Promise<void>((resolve, reject) => {
    const timer = clock.setTimer(
      () => fail(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)),
      CONNECT_TIMEOUT_MS,
    );
    function settle(): void {
      timer.cancel();
      session.off("connect", done);
      session.off("error", fail);
      session.off("close", fail);
    }
    function done(): void {
      settle();
      resolve();
    }
    function fail(error?: Error): void {
      settle();
      session.destroy();
      reject(
        new TransportError(`cannot connect to ${origin}: ${error?.message ?? "connection closed"}`, { cause: error }),
      );
    }
    session.once("connect", done);
    session.once("error", fail);
    session.once("close", fail);
  });
  // Whoever waits for it hears of the failure; without a waiter nobody needs to.
  connected.catch(() => {});
  return connected;
}

function keepAlive(session: ClientHttp2Session, clock: Clock): () => void {
  let timer = clock.setTimer(ping, PING_EVERY_MS);
  function ping(): void {
    if (session.destroyed || session.connecting) return;
    timer = clock.setTimer(() => session.destroy(new Error("no answer to a ping")), PING_TIMEOUT_MS);
    session.ping((error) => {
      timer.cancel();
      if (error === null && !session.destroyed) timer = clock.setTimer(ping, PING_EVERY_MS);
    });
  }
  return () => timer.cancel();
}
