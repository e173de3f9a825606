import type { Clock } from "../clock.ts";
import { ConnectionError, ENHANCE_YOUR_CALM } from "./frames.ts";

/** How often a client may do something at once; and then again, `resetsPerSecond` times or once a second. */
export interface PatienceLimits {
  /** Streams that are broken off: more ends the connection (rapid reset). */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  /** Frames that have no use, or are wrong. */
  readonly invalidFrames: number;
  /** Streams beyond those that it may have. */
  readonly rejectedStreams: number;
}

/** What a client does that costs us and gives it nothing is counted. Every `note…` throws a ConnectionError when it is too much. */
export class Patience {
  readonly noteReset: () => void;
  readonly noteInvalid: () => void;
  readonly noteRejected: () => void;

  constructor(clock: Clock, limits: PatienceLimits) {
    const { resetBurst: burst, resetsPerSecond: perSecond } = limits;
    this.noteReset = bucket(clock, { burst, perSecond, what: "streams that are broken off again and again" });
    this.noteInvalid = bucket(clock, { burst: limits.invalidFrames, perSecond: 1, what: "frames without use" });
    this.noteRejected = bucket(clock, {
      burst: limits.rejectedStreams,
      perSecond: 1,
      what: "streams beyond the limit",
    });
  }
}

function bucket(clock: Clock, of: { burst: number; perSecond: number; what: string }): () => void {
  let left = of.burst;
  let lastMs = clock.monotonic();
  return () => {
    const nowMs = clock.monotonic();
    left = Math.min(of.burst, left + ((nowMs - lastMs) / 1000) * of.perSecond) - 1;
    lastMs = nowMs;
    if (left < 0) throw new ConnectionError(ENHANCE_YOUR_CALM, of.what);
  };
}
