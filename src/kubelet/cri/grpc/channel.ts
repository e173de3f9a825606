import type { Client, ServiceError } from "@grpc/grpc-js";
import { RuntimeError, type RuntimeErrorCode } from "../runtime.ts";

/** A connection to one gRPC service. */
export interface Channel {
  /** Calls a unary method. A deadline of 0 means none. Rejects with RuntimeError. */
  call<T>(method: string, request: unknown, options?: { deadlineMs?: number }): Promise<T>;
  /** Reads a server stream until the signal aborts. Rejects with RuntimeError. */
  stream<T>(method: string, request: unknown, signal: AbortSignal): AsyncIterable<T>;
  close(): void;
}

const CODES: Readonly<Record<number, RuntimeErrorCode>> = {
  3: "InvalidArgument",
  4: "DeadlineExceeded",
  5: "NotFound",
  6: "AlreadyExists",
  12: "Unimplemented",
  14: "Unavailable",
};

export interface ChannelOptions {
  /** What to connect to: `unix:/path` or `host:port`. */
  readonly target: string;
  /** JSON descriptor of protobufjs. */
  readonly descriptor: Record<string, unknown>;
  /** Full name, e.g. `runtime.v1.RuntimeService`. */
  readonly service: string;
  /** Sent with each call. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface MethodDefinition {
  path: string;
  requestSerialize(value: unknown): Buffer;
  responseDeserialize(bytes: Buffer): unknown;
}

/** Opens a channel; grpc is loaded here and not before. Connecting happens with the first call. */
export async function openChannel(options: ChannelOptions): Promise<Channel> {
  const [grpc, loader] = await Promise.all([import("@grpc/grpc-js"), import("@grpc/proto-loader")]);
  const definition = loader.fromJSON(options.descriptor as Parameters<typeof loader.fromJSON>[0], {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
  });
  const methods = definition[options.service] as unknown as Record<string, MethodDefinition>;
  const client: Client = new grpc.Client(options.target, grpc.credentials.createInsecure(), {
    "grpc.default_authority": "localhost",
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.max_receive_message_length": 64 * 1024 * 1024,
    // Channels of one process share connections otherwise, and the long calls of one would stall another's close.
    "grpc.use_local_subchannel_pool": 1,
  });
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
  const methodOf = (name: string): MethodDefinition => {
    const method = methods[name];
    if (method === undefined) throw new RuntimeError("Unimplemented", `${options.service} has no method ${name}`);
    return method;
  };
  return {
    call: <T>(name: string, request: unknown, callOptions: { deadlineMs?: number } = {}) =>
      new Promise<T>((resolve, reject) => {
        const method = methodOf(name);
        const deadlineMs = callOptions.deadlineMs ?? 0;
        const settings = deadlineMs > 0 ? { deadline: deadlineAfter(deadlineMs) } : {};
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize as (bytes: Buffer) => T,
          request,
          metadata,
          settings,
          (error: ServiceError | null, value?: T) => (error === null ? resolve(value as T) : reject(translate(error))),
        );
      }),
    stream: <T>(name: string, request: unknown, signal: AbortSignal) => {
      const method = methodOf(name);
      const call = client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize as (bytes: Buffer) => T,
        request,
        metadata,
      );
      return readStream<T>(call, signal);
    },
    close: () => client.close(),
  };
}

async function* readStream<T>(
  call: AsyncIterable<T> & { cancel(): void; on(event: "error", listener: () => void): unknown },
  signal: AbortSignal,
): AsyncGenerator<T> {
  const cancel = () => call.cancel();
  call.on("error", () => {});
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel);
  try {
    for await (const item of call) yield item;
  } catch (error) {
    if (!signal.aborted) throw translate(error);
  } finally {
    signal.removeEventListener("abort", cancel);
    call.cancel();
  }
}

/** grpc takes deadlines on the wall clock of the machine, which is the one it runs its own timers by. */
function deadlineAfter(deadlineMs: number): number {
  return performance.timeOrigin + performance.now() + deadlineMs;
}

function translate(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const { code, details, message } = error as Partial<ServiceError>;
  return new RuntimeError(CODES[code ?? -1] ?? "Unknown", details || message || String(error));
}
