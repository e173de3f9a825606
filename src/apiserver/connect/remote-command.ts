import type { WebSocket } from "ws";
import type { Status } from "../../api/status.ts";
import type { SpdySession, SpdyStream } from "../../base/spdy/session.ts";

/** Channels of Kubernetes' WebSocket protocols v4 and v5: the first byte of each message. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5 only: the next byte names a channel that the client is done with. */
const CLOSE = 255;

/** Beyond this, the container has to wait for the client; below the other, it may go on. */
const PAUSE_BYTES = 1024 * 1024;
const RESUME_BYTES = 256 * 1024;
const STATUS_LIMIT_BYTES = 64 * 1024;
const NORMAL_CLOSURE = 1000;

export interface RemoteStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/**
 * Joins a WebSocket client (v4 or v5.channel.k8s.io) with a container behind SPDY (remotecommand v4). The command's result
 * goes out last, on the error channel, before the normal closure. Whoever leaves first takes the other along: a client that
 * goes ends the command's streams.
 */
export function joinRemoteCommand(webSocket: WebSocket, session: SpdySession, streams: RemoteStreams): Promise<void> {
  const output = outputTo(webSocket, session);
  const ended: Promise<void>[] = [];
  let statusText = "";
  const open = (type: string, data: (chunk: Buffer) => void): SpdyStream => {
    let end = (): void => {};
    ended.push(
      new Promise<void>((resolve) => {
        end = resolve;
      }),
    );
    return session.open({ streamtype: type }, { data, end });
  };
  // The order is part of the protocol: the error stream first.
  open("error", (chunk) => {
    if (statusText.length < STATUS_LIMIT_BYTES) statusText += chunk.toString();
  });
  const stdin = streams.stdin ? session.open({ streamtype: "stdin" }, { data() {}, end() {} }) : undefined;
  if (streams.stdout) open("stdout", (chunk) => output.send(STDOUT, chunk));
  if (streams.stderr && !streams.tty) open("stderr", (chunk) => output.send(STDERR, chunk));
  const resize = streams.tty ? session.open({ streamtype: "resize" }, { data() {}, end() {} }) : undefined;

  readInput(webSocket, session, { stdin, resize });
  webSocket.on("error", () => session.destroy());
  webSocket.on("close", () => session.destroy());
  const finished = Promise.all(ended).then(() => undefined);
  return Promise.race([finished, session.closed]).then(async (broken) => {
    output.send(ERROR, Buffer.from(JSON.stringify(resultOf(statusText, broken))));
    webSocket.close(NORMAL_CLOSURE);
    session.destroy();
    await session.closed;
  });
}

function readInput(
  webSocket: WebSocket,
  session: SpdySession,
  to: { stdin: SpdyStream | undefined; resize: SpdyStream | undefined },
): void {
  session.onDrain(() => {
    if (webSocket.isPaused) webSocket.resume();
  });
  webSocket.on("message", (data) => {
    const message = data as Buffer;
    const payload = message.subarray(1);
    let ready = true;
    if (message[0] === STDIN) ready = to.stdin?.write(payload) ?? true;
    else if (message[0] === RESIZE) ready = to.resize?.write(payload) ?? true;
    else if (message[0] === CLOSE && payload[0] === STDIN) to.stdin?.end();
    if (!ready) webSocket.pause();
  });
}

/** Messages to the client; a slow one makes the container wait. */
function outputTo(webSocket: WebSocket, session: SpdySession): { send(channel: number, chunk: Buffer): void } {
  let paused = false;
  return {
    send(channel, chunk) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      webSocket.send(Buffer.concat([Buffer.from([channel]), chunk]), { binary: true }, () => {
        if (!paused || webSocket.bufferedAmount > RESUME_BYTES) return;
        paused = false;
        session.resume();
      });
      if (paused || webSocket.bufferedAmount < PAUSE_BYTES) return;
      paused = true;
      session.pause();
    },
  };
}

/** What the client is told of the end: the runtime's own status, in the words that upstream's clients know. */
export function resultOf(text: string, broken: Error | undefined): Status {
  const common = { kind: "Status", apiVersion: "v1", metadata: {} } as const;
  let told: Partial<Status> | undefined;
  try {
    told = text === "" ? undefined : (JSON.parse(text) as Partial<Status>);
  } catch {
    // Protocols before v4 sent plain text.
    told = { status: "Failure", message: text.trim() };
  }
  if (told?.status === "Success") return { ...common, status: "Success", code: 200 };
  const exitCode = told?.details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  if (told?.reason === "NonZeroExitCode" && exitCode !== undefined) {
    const causes = [{ reason: "ExitCode", message: exitCode }];
    const message = `command terminated with exit code ${exitCode}`;
    return { ...common, status: "Failure", reason: "NonZeroExitCode", message, details: { causes }, code: 500 };
  }
  const lost = `the connection to the container ended before its result arrived${broken === undefined ? "" : `: ${broken.message}`}`;
  const message = told?.message ?? lost;
  return { ...common, status: "Failure", reason: told?.reason ?? "InternalError", message, code: told?.code || 500 };
}
