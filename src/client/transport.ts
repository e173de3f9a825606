import type { ApiObject } from "../api/meta.ts";
import type { TraceContext } from "../base/trace.ts";

/**
 * The seam between a component and the door: a request goes in, a response or a stream of watch events comes out.
 * In process, over a worker's message port, or over HTTP/2, components cannot tell which.
 *
 * - Objects are passed as parsed JSON. What is sent belongs to the transport from then on; what is received may be shared
 *   with others and is never changed by the receiver (clone first).
 * - An answer with an error Status rejects with StatusError. A connection that fails rejects with TransportError, and then
 *   the outcome of a write is unknown.
 * - Every request passes authentication, authorization and admission as the transport's own identity, in process too.
 * - The trace context of the caller (base/trace.ts) travels with the request.
 */
export interface Transport {
  request(request: TransportRequest): Promise<ApiObject>;
  /**
   * Events of a watch, bookmarks among them, until the server ends it (then the iterator ends) or the signal aborts.
   * An ERROR event ends the iterator with its StatusError.
   */
  watch(request: TransportRequest): AsyncIterable<WatchEvent>;
  /** Text of a non-resource path such as /readyz or a pod's log. */
  text(request: TransportRequest): Promise<string>;
  close(): Promise<void>;
}

export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path without query, e.g. `/api/v1/namespaces/default/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Of the body: application/json when absent; the patch types for PATCH. */
  readonly contentType?: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface WatchEvent<T extends ApiObject = ApiObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
  /** The request that made the change, where the transport knows it. */
  readonly cause?: TraceContext | undefined;
}

/** The request may or may not have reached the server. */
export class TransportError extends Error {
  override name = "TransportError";
}

/** This side has closed the transport: to try again is of no use. */
export class TransportClosedError extends TransportError {
  override name = "TransportClosedError";
}
