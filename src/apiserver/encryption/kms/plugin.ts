import type { ServiceError } from "@grpc/grpc-js";
import {
  type Annotations,
  annotationEntries,
  annotationsField,
  bytesField,
  decodeMessage,
  encodeMessage,
} from "./messages.ts";

/** A key service behind a socket: `v2.KeyManagementService` of k8s.io/kms. */
export interface KmsPlugin {
  status(): Promise<KmsStatus>;
  encrypt(plaintext: Buffer, uid: string): Promise<KmsEncrypted>;
  decrypt(encrypted: KmsEncrypted, uid: string): Promise<Buffer>;
  close(): void;
}

export interface KmsStatus {
  readonly version: string;
  /** `ok` when it is well. */
  readonly healthz: string;
  readonly keyId: string;
}

export interface KmsEncrypted {
  readonly ciphertext: Buffer;
  /** The key that it was encrypted with, by the service's own name. */
  readonly keyId: string;
  readonly annotations: Annotations;
}

/** Opens a channel; gRPC is loaded here and not before, and connecting happens with the first call. */
export async function openKmsPlugin(options: { endpoint: string; timeoutMs: number }): Promise<KmsPlugin> {
  const grpc = await import("@grpc/grpc-js");
  const client = new grpc.Client(socketOf(options.endpoint), grpc.credentials.createInsecure(), {
    "grpc.default_authority": "localhost",
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
  });
  const call = (method: string, request: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        `/v2.KeyManagementService/${method}`,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        request,
        { deadline: grpcDeadline(options.timeoutMs) },
        (error: ServiceError | null, answer?: Buffer) =>
          error === null ? resolve(answer!) : reject(new Error(rpcErrorText(error))),
      );
    });
  return {
    async status() {
      const fields = decodeMessage(await call("Status", Buffer.alloc(0)));
      const text = (number: number): string => bytesField(fields, number).toString();
      return { version: text(1), healthz: text(2), keyId: text(3) };
    },
    async encrypt(plaintext, uid) {
      const request = encodeMessage([
        [1, plaintext],
        [2, uid],
      ]);
      const fields = decodeMessage(await call("Encrypt", request));
      return {
        ciphertext: bytesField(fields, 1),
        keyId: bytesField(fields, 2).toString(),
        annotations: annotationsField(fields, 3),
      };
    },
    async decrypt({ ciphertext, keyId, annotations }, uid) {
      const request = encodeMessage([[1, ciphertext], [2, uid], [3, keyId], ...annotationEntries(4, annotations)]);
      return bytesField(decodeMessage(await call("Decrypt", request)), 1);
    },
    close: () => client.close(),
  };
}

const CODES =
  "OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated";

/** As gRPC for Go says it, by whose words people search. */
function rpcErrorText({ code, details }: ServiceError): string {
  return `rpc error: code = ${CODES.split(" ")[code] ?? `Code(${code})`} desc = ${details}`;
}

/** gRPC takes a deadline on the wall clock's scale. */
function grpcDeadline(timeoutMs: number): number {
  return performance.timeOrigin + performance.now() + timeoutMs;
}

/** `unix:///run/kms.sock`, and Linux' abstract `unix:///@name`, which is no file, as Node names them. */
function socketOf(endpoint: string): string {
  const path = endpoint.replace(/^unix:(\/\/)?/, "");
  return `unix:${path.replace(/^\/?@/, "\0")}`;
}
