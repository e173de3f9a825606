import {
  ConnectionError,
  FLOW_CONTROL_ERROR,
  FRAME_BYTES_MAX,
  FRAME_SIZE_ERROR,
  PROTOCOL_ERROR,
  SETTINGS_ENABLE_PUSH,
  SETTINGS_HEADER_TABLE_SIZE,
  SETTINGS_INITIAL_WINDOW_SIZE,
  SETTINGS_MAX_CONCURRENT_STREAMS,
  SETTINGS_MAX_FRAME_SIZE,
  WINDOW_MAX,
} from "./frames.ts";

/** What the other side's settings change here. */
export interface PeerSettings {
  readonly initialWindow: number | undefined;
  readonly headerTableBytes: number | undefined;
  /** Streams at once that it takes. */
  readonly streams: number | undefined;
}

const FRAME_BYTES_LIMIT = 2 ** 24 - 1;

/** Reads the payload of SETTINGS (RFC 9113, section 6.5). @throws ConnectionError */
export function readSettings(payload: Buffer): PeerSettings {
  if (payload.length % 6 !== 0) throw new ConnectionError(FRAME_SIZE_ERROR, "settings of the wrong size");
  let initialWindow: number | undefined;
  let headerTableBytes: number | undefined;
  let streams: number | undefined;
  for (let at = 0; at < payload.length; at += 6) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case SETTINGS_HEADER_TABLE_SIZE:
        headerTableBytes = value;
        break;
      case SETTINGS_ENABLE_PUSH:
        if (value > 1) throw new ConnectionError(PROTOCOL_ERROR, "a setting has no such value");
        break;
      case SETTINGS_INITIAL_WINDOW_SIZE:
        if (value > WINDOW_MAX) throw new ConnectionError(FLOW_CONTROL_ERROR, "a window too wide");
        initialWindow = value;
        break;
      case SETTINGS_MAX_CONCURRENT_STREAMS:
        streams = value;
        break;
      case SETTINGS_MAX_FRAME_SIZE:
        // Ours are of the least size, which everybody takes.
        if (value < FRAME_BYTES_MAX || value > FRAME_BYTES_LIMIT) {
          throw new ConnectionError(PROTOCOL_ERROR, "a setting has no such value");
        }
        break;
      default:
        break;
    }
  }
  return { initialWindow, headerTableBytes, streams };
}
