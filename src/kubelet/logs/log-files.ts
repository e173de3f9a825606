/** Containers' log files on this machine. */
export interface LogFiles {
  /** There is never anything to rotate. */
  readonly keepsNothing?: boolean;
  /** Undefined when there is no such file. */
  sizeBytes(path: string): Promise<number | undefined>;
  /**
   * Puts what was logged aside as `<path>.<stamp>`, has the runtime begin a new file, and keeps `keep` files with the new
   * one: the newest one put aside as it is, for who follows the log, older ones compressed.
   */
  rotate(path: string, options: { stamp: string; keep: number; reopen(): Promise<void> }): Promise<void>;
}

/** For nodes whose containers do not really run. */
export const noLogFiles: LogFiles = {
  keepsNothing: true,
  sizeBytes: async () => undefined,
  rotate: async () => {},
};
