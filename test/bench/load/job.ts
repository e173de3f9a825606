/** What a load process does for a workload, as plain data: it comes over the process's message port. */
export type Job = RequestsJob | ReadsJob | WatchersJob | SyncJob | SpinJob;

/** Whom to ask, and as whom. */
export interface Target {
  /** `https://host:port`. */
  readonly url: string;
  /** PEM; the system's authorities when absent. */
  readonly certificateAuthority?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly token?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

/** Many requests at once. */
export interface RequestsJob {
  readonly kind: "requests";
  readonly target: Target;
  readonly connections: number;
  /** So many at once. Each sends its next as soon as it has its answer, or when that is due. */
  readonly senders: number;
  /**
   * Requests are due at this rate, whether or not earlier ones have been answered. What could not be sent in time because all
   * senders waited has its time counted from when it was due, so that a server that stands still is not asked less.
   */
  readonly perSecond?: number;
  /** Ends after so long, or so many, whichever comes first. */
  readonly durationMs?: number;
  readonly count?: number;
  /**
   * Taken in turn. `{n}` in path and body becomes the number of the request, from `firstNumber` on; `{n-400}` the one so many
   * before, `{n%5000}` its remainder, and `{n%5000+1}` one more.
   */
  readonly requests: readonly RequestForm[];
  readonly firstNumber?: number;
  /** So many first ones, from which server and load are still warming up, are told under this label only. */
  readonly apart?: { readonly count: number; readonly label: string };
}

export interface RequestForm {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Results are told for each label as well. */
  readonly labels?: readonly string[];
}

export interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export interface RequestsResult extends Latencies {
  readonly perSecond: number;
  readonly labelled: Readonly<Record<string, Latencies>>;
  /** Answers of 400 and more; the first one's text. */
  readonly failures: number;
  readonly firstFailure?: string;
  /** CPU time that the load process used meanwhile. */
  readonly cpuMs: number;
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

/** Opens watches and says when all are there; then counts what arrives, until every watcher has seen enough or time is up. */
export interface WatchersJob {
  readonly kind: "watchers";
  readonly target: Target;
  readonly path: string;
  readonly connections: number;
  readonly watchers: number;
  readonly events?: number;
  /** Only events of this type count. */
  readonly eventType?: "ADDED" | "MODIFIED" | "DELETED";
  /** From when all are open. */
  readonly durationMs?: number;
}

export interface WatchersResult {
  readonly deliveries: number;
}

/** Clients that all begin at the same moment, each with a connection of its own, and read until they have everything. */
export interface SyncJob {
  readonly kind: "sync";
  readonly target: Target;
  readonly path: string;
  readonly clients: number;
  /** A client has everything when it has seen this text (of a watch with initial events), or at the end of the answer. */
  readonly until?: string;
}

export interface SyncResult {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly lastMs: number;
  /** Of all clients together. */
  readonly megabytes: number;
}

/** Does nothing but keep a core busy for a share of the time: what is left of the machine is as with another load. */
export interface SpinJob {
  readonly kind: "spin";
  readonly share: number;
  readonly durationMs: number;
}

export interface SpinResult {
  readonly cpuMs: number;
}

export interface Results {
  readonly requests: RequestsResult;
  readonly reads: ReadsResult;
  readonly watchers: WatchersResult;
  readonly sync: SyncResult;
  readonly spin: SpinResult;
}

export type ResultOf<J extends Job> = Results[J["kind"]];

/** What the process says: `ready` once (watchers), then the result. */
export type Said = { readonly ready: true } | { readonly result: unknown } | { readonly error: string };
