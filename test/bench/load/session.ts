import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { tlsOptionsOf, WINDOW_BYTES } from "./connecting.ts";
import type { Target } from "./job.ts";

const CONNECTING_AT_ONCE = 20;

/** A connection for load: windows so wide that they never hold the server up. */
export function open(target: Target): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(target.url, {
      ...tlsOptionsOf(target),
      settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: 10_000 },
    });
    session.once("error", reject);
    session.once("connect", () => {
      session.setLocalWindowSize(WINDOW_BYTES);
      // What breaks later is told by its streams.
      session.off("error", reject);
      session.on("error", () => {});
      resolve(session);
    });
  });
}

/** So many connections, some at a time. */
export async function openMany(target: Target, count: number): Promise<ClientHttp2Session[]> {
  const sessions: ClientHttp2Session[] = [];
  while (sessions.length < count) {
    const some = Math.min(CONNECTING_AT_ONCE, count - sessions.length);
    sessions.push(...(await Promise.all(Array.from({ length: some }, () => open(target)))));
  }
  return sessions;
}

/** Resolves with the code, and the text when it tells of a failure, once the answer is whole. */
export function answered(stream: ClientHttp2Stream): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    let code = 0;
    let text = "";
    stream.on("response", (headers) => {
      code = Number(headers[":status"]);
    });
    stream.on("data", (chunk: Buffer) => {
      if (code >= 400) text += chunk.toString();
    });
    stream.on("end", () => resolve({ code, text }));
    stream.on("error", reject);
    // A connection that breaks closes its streams without an end.
    stream.on("close", () => reject(new Error("the connection was closed before the answer was whole")));
  });
}
