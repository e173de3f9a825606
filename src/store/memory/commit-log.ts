import type { Change } from "./versioned-map.ts";

/** Where an engine makes changes durable before anybody sees them. */
export interface CommitLog {
  /**
   * Makes changes durable, all or none of them; the first gets `firstRevision`, each further one the next. May be called again
   * before it has resolved: commits become durable and resolve in the order of the calls, and the log may make one transaction of
   * several. Rejects when the outcome is unknown or nothing was written; then all others that were begun by then reject, too,
   * and `recover` must succeed before the next one.
   */
  commit(changes: readonly Change[], firstRevision: number): Promise<void>;
  /** Makes sure that all commits that resolved are safe, those that rejected are gone, and that writing works again. */
  recover(): Promise<void>;
  /**
   * Drops changes that nobody can read any more, in this order, and gives their room back. It may be called again before it
   * is done; resolves when all that was asked is. Failures are the log's to report.
   */
  compact(compactedRevision: number, forgotten: readonly number[]): Promise<void>;
  /** No further calls. Resolves when everything is freed. */
  close(): Promise<void>;
}
