import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { Clock } from "../base/clock.ts";
import { questionEnd } from "./wire.ts";

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

interface ExchangeOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Sends a packet and waits for the answer to it. Rejects after the timeout, and when the server cannot be reached. */
export function exchangeUdp(upstream: Upstream, packet: Buffer, options: ExchangeOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A socket a question: its port, which the system chooses, is half of what a forger would have to guess.
    const socket = createSocket(isIPv6(upstream.address) ? "udp6" : "udp4");
    const finish = (error: Error | undefined, answer?: Buffer): void => {
      timer.cancel();
      options.signal.removeEventListener("abort", stop);
      socket.close();
      if (answer !== undefined) resolve(answer);
      else reject(error ?? new Error("no answer"));
    };
    const stop = (): void => finish(new Error("stopped"));
    const timer = options.clock.setTimer(() => finish(timedOut(upstream)), options.timeoutMs);
    options.signal.addEventListener("abort", stop);
    socket.once("error", (error) => finish(error));
    socket.on("message", (answer) => {
      if (isAnswerTo(packet, answer)) finish(undefined, answer);
    });
    // Connected: the system drops packets of others, and says at once when nobody listens there.
    socket.connect(upstream.port, upstream.address, () => {
      socket.send(packet, (error) => {
        if (error !== null) finish(error);
      });
    });
    if (options.signal.aborted) stop();
  });
}

/** The same over TCP, where packets have a length before them. */
export function exchangeTcp(upstream: Upstream, packet: Buffer, options: ExchangeOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: upstream.address, port: upstream.port });
    let received = Buffer.alloc(0);
    const finish = (error: Error | undefined, answer?: Buffer): void => {
      timer.cancel();
      options.signal.removeEventListener("abort", stop);
      socket.destroy();
      if (answer !== undefined) resolve(answer);
      else reject(error ?? new Error("no answer"));
    };
    const stop = (): void => finish(new Error("stopped"));
    const timer = options.clock.setTimer(() => finish(timedOut(upstream)), options.timeoutMs);
    options.signal.addEventListener("abort", stop);
    socket.on("error", (error) => finish(error));
    socket.on("close", () => finish(new Error(`${upstream.address} closed the connection`)));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length < 2 ? Number.POSITIVE_INFINITY : received.readUInt16BE(0);
      if (received.length < length + 2) return;
      const answer = received.subarray(2, length + 2);
      finish(
        isAnswerTo(packet, answer) ? undefined : new Error("answer to something else"),
        isAnswerTo(packet, answer) ? answer : undefined,
      );
    });
    socket.write(withLength(packet));
    if (options.signal.aborted) stop();
  });
}

/** A packet as it goes over TCP. */
export function withLength(packet: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

/** Same id, and the same question but for upper and lower case. */
function isAnswerTo(query: Buffer, answer: Buffer): boolean {
  if (answer.length < 12 || answer.readUInt16BE(0) !== query.readUInt16BE(0) || (answer[2]! & 0x80) === 0) return false;
  const end = questionEnd(query);
  if (answer.readUInt16BE(4) === 0) return (answer[3]! & 0x0f) !== 0;
  if (answer.length < end) return false;
  const text = (bytes: Buffer): string => bytes.subarray(12, end).toString("latin1").toLowerCase();
  return text(query) === text(answer);
}

function timedOut(upstream: Upstream): Error {
  return new Error(`${upstream.address} did not answer in time`);
}
