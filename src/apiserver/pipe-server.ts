import type { Duplex } from "node:stream";
import { internalError, type Status, StatusError } from "../api/status.ts";
import { errorMessage, present } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { type FrameStream, openFrameStream } from "../base/frame-stream.ts";
import { ShortLivedMap } from "../base/short-lived-map.ts";
import { formatTraceparent } from "../base/trace.ts";
import { eachInTurns } from "../base/turn-time.ts";
import { ASK, type AskedRequest, TELL } from "../client/pipe-protocol.ts";
import type { Answer, OutgoingEvent } from "./exchange.ts";
import { listHead } from "./list-head.ts";
import type { InProcessIdentity, LocalRequests } from "./local-requests.ts";
import { streamedEvents, streamedObject } from "./streamed-answer.ts";

/**
 * Serves components that live in another process of this program (client/pipe-transport.ts has the pipe's other end). What they get
 * are the stored bytes, which this process neither parses nor writes anew.
 *
 * Who has the pipe says who it is, as components in process do: only a process that this one has started has it.
 */
export function servePipe(pipe: Duplex, enter: (identity: InProcessIdentity) => LocalRequests, clock: Clock): void {
  const doors = new Map<number, LocalRequests>();
  const underWay = new ShortLivedMap<number, AbortController>();
  const frames = openFrameStream(pipe, {
    handle(kind, number, payload) {
      switch (kind) {
        case ASK.OPEN:
          doors.set(number, enter(JSON.parse(payload.toString()) as InProcessIdentity));
          break;
        case ASK.CLOSE:
          doors.delete(number);
          break;
        case ASK.CANCEL:
          underWay.get(number)?.abort();
          break;
        default:
          void begin(number, JSON.parse(payload.toString()) as AskedRequest);
      }
    },
    over() {
      for (const each of underWay.values()) each.abort();
    },
  });
  async function begin(number: number, asked: AskedRequest): Promise<void> {
    const stopping = asked.mayCancel === true ? new AbortController() : undefined;
    if (stopping !== undefined) underWay.set(number, stopping);
    try {
      const send = present(doors.get(asked.door), "the door of a request");
      await tell(await send(asked, stopping?.signal), asked, { frames, number, clock });
    } catch (error) {
      const { status } = error instanceof StatusError ? error : internalError(errorMessage(error));
      // Not before the events of a watch that have gone before it.
      const told = JSON.stringify(status);
      if (asked.wants === "watch") frames.queue(TELL.FAILED, number, told);
      else frames.send(TELL.FAILED, number, told);
    } finally {
      underWay.delete(number);
    }
  }
}

interface To {
  readonly frames: FrameStream;
  readonly number: number;
  readonly clock: Clock;
}

/** @throws StatusError when the answer is of another kind than was asked for */
async function tell(answer: Answer, { wants, path }: AskedRequest, to: To): Promise<void> {
  const { frames, number, clock } = to;
  if (wants === "watch") {
    if (answer.kind === "watch") await tellEvents(answer.events, to);
    else if (answer.kind === "stream") {
      for await (const { type, object } of streamedEvents(answer))
        frames.queue(TELL[type], number, JSON.stringify(object));
    } else throw internalError(`${path} does not answer with a watch`);
    return frames.queue(TELL.END, number, "");
  }
  if (wants === "text") {
    if (answer.kind === "text") return frames.send(TELL.ANSWER, number, answer.text);
    throw internalError(`${path} does not answer with text`);
  }
  switch (answer.kind) {
    case "object":
      return frames.send(TELL.ANSWER, number, answer.bytes ?? JSON.stringify(answer.object));
    case "list":
      await eachInTurns(clock, answer.entries, ({ bytes }) => frames.send(TELL.ITEM, number, bytes));
      return frames.send(TELL.LIST, number, JSON.stringify(listHead(answer)));
    case "stream":
      return frames.send(TELL.ANSWER, number, JSON.stringify(await streamedObject(answer)));
    default:
      throw internalError(`${path} does not answer with an object`);
  }
}

/** Until the watch ends. @throws StatusError of what ends it */
async function tellEvents(events: AsyncIterable<readonly OutgoingEvent[]>, { frames, number }: To): Promise<void> {
  for await (const batch of events) {
    for (const event of batch) tellEvent(event, frames, number);
    // What comes meanwhile waits in the watch, which is bounded.
    const room = frames.room();
    if (room !== undefined) await room;
  }
}

function tellEvent(outgoing: OutgoingEvent, frames: FrameStream, number: number): void {
  const { type } = outgoing;
  if (type === "ERROR") throw new StatusError(outgoing.object as unknown as Status);
  if (type === "BOOKMARK") {
    frames.queue(TELL.BOOKMARK, number, JSON.stringify(outgoing.object));
    return;
  }
  const cause = outgoing.event.cause();
  if (cause !== undefined) frames.queue(TELL.CAUSE, number, formatTraceparent(cause));
  frames.queue(TELL[type], number, outgoing.event.bytes(type));
}
