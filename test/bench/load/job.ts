/** What a load process does for a workload, as plain data: it comes over the process's message port. */
export type Job = RequestsJob | ReadsJob | WatchersJob;

/** Whom to ask, and as whom. */
export interface Target {
  /** `https://host:port`. */
  readonly url: string;
  readonly certificateAuthority: string;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly token?: string | undefined;
}

/** Many requests at once, each sender the next as soon as it has its answer. */
export interface RequestsJob {
  readonly kind: "requests";
  readonly target: Target;
  readonly connections: number;
  readonly senders: number;
  /** Ends after so long, or so many, whichever comes first. */
  readonly durationMs?: number;
  readonly count?: number;
  /** Taken in turn. `{n}` in path and body becomes the number of the request, from `firstNumber` on. */
  readonly requests: readonly RequestForm[];
  readonly firstNumber?: number;
}

export interface RequestForm {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
}

export interface RequestsResult {
  readonly perSecond: number;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Answers of 400 and more; the first one's text. */
  readonly failures: number;
  readonly firstFailure?: string;
}

/** One large answer after the other, while a second connection asks for something small. */
export interface ReadsJob {
  readonly kind: "reads";
  readonly target: Target;
  readonly path: string;
  readonly accept: string;
  readonly count: number;
  /** Asked every few milliseconds meanwhile: its slowest answer shows how long the server's event loop stood still. */
  readonly probePath?: string;
}

export interface ReadsResult {
  readonly bytes: number;
  /** Medians over the reads. */
  readonly megabytesPerSecond: number;
  readonly firstByteMs: number;
  readonly durationMs: number;
  readonly slowestProbeMs: number;
}

/** Opens watches and says when all are there; then counts what arrives until told to stop. */
export interface WatchersJob {
  readonly kind: "watchers";
  readonly target: Target;
  readonly path: string;
  readonly connections: number;
  readonly watchers: number;
  /** Ends when every watcher has seen so many events. */
  readonly events: number;
}

export interface WatchersResult {
  /** From the first event anywhere to the last one everywhere. */
  readonly durationMs: number;
  readonly deliveriesPerSecond: number;
}

export type ResultOf<J extends Job> = J extends RequestsJob
  ? RequestsResult
  : J extends ReadsJob
    ? ReadsResult
    : WatchersResult;

/** What the process says: `ready` once (watchers), then the result. */
export type Said = { readonly ready: true } | { readonly result: unknown } | { readonly error: string };
