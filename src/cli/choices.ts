/** What the --audit-* flags say. */
export interface AuditChoice {
  readonly policyFile?: string;
  /** In the data directory when absent. */
  readonly logPath?: string;
  readonly log: {
    readonly format: "json" | "legacy";
    readonly maxAgeDays: number;
    readonly maxBackups: number;
    readonly maxSizeMegabytes: number;
  };
  readonly webhook?: {
    readonly configFile: string;
    readonly bufferSize: number;
    readonly maxSize: number;
    readonly maxWaitMs: number;
    readonly throttlePerSecond: number;
    readonly throttleBurst: number;
    readonly initialBackoffMs: number;
  };
}

/** What the flags of admission say. */
export interface AdmissionChoice {
  readonly enabled: readonly string[];
  readonly disabled: readonly string[];
  readonly configurationFile?: string;
}

/** What the flags of flow control say. */
export interface FlowControlChoice {
  readonly isFair: boolean;
  readonly maxRequestsInFlight: number;
  readonly maxMutatingRequestsInFlight: number;
}
