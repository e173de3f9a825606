import type { TransportRequest } from "./transport.ts";

/**
 * What client (client/pipe-transport.ts) and server (apiserver/pipe-server.ts) in two processes of one program say to each other, by
 * frames (base/frame-stream.ts). The number of a frame is that of the door or of the request that it belongs to; JSON is UTF-8.
 */

/** From the client. */
export const ASK = {
  /** Opens the door of that number. JSON: whose it is, as the server's side takes it. */
  OPEN: 1,
  /** It is not used again. */
  CLOSE: 2,
  /** JSON: an AskedRequest. */
  REQUEST: 3,
  /** Nobody waits for the answer any more. */
  CANCEL: 4,
} as const;

/** From the server. */
export const TELL = {
  /** One item of a list, as JSON. */
  ITEM: 1,
  /** The end of a request that went well: an object as JSON, or text. */
  ANSWER: 2,
  /** The end of a request that did not: a Status as JSON. */
  FAILED: 3,
  ADDED: 4,
  MODIFIED: 5,
  DELETED: 6,
  BOOKMARK: 7,
  /** The traceparent of what made the next event's change. */
  CAUSE: 8,
  /** The watch has ended. */
  END: 9,
  /** The end of a list whose items have come: all else of it, as JSON. */
  LIST: 10,
} as const;

export interface AskedRequest extends Omit<TransportRequest, "signal"> {
  /** Number of the door. */
  readonly door: number;
  readonly wants: "object" | "text" | "watch";
  /** Who asks may send a CANCEL. */
  readonly mayCancel?: boolean;
  readonly traceparent?: string | undefined;
}
