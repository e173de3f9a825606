import { randomBytes } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import { annotationEntries, bytesField, decodeMessage, encodeMessage } from "../kms/messages.ts";

/** A key service of a test: its keys are masks, its moods are set by the test. */
export interface KeyService {
  readonly endpoint: string;
  keyId: string;
  healthz: string;
  version: string;
  /** Why it refuses to say how it is. */
  disabled: string | undefined;
  /** Keys that it has lost. */
  readonly lost: Set<string>;
  readonly calls: { Status: number; Encrypt: number; Decrypt: number };
  stop(): Promise<void>;
}

const ANNOTATION = new Map([["mask.kms.example.com", Buffer.from("yes")]]);

/** @param socket a file, or an abstract one's name after a zero */
export async function startKeyService(socket: string): Promise<KeyService> {
  const server = new grpc.Server();
  const masks = new Map<string, Buffer>();
  const maskOf = (keyId: string): Buffer => {
    const mask = masks.get(keyId) ?? randomBytes(32);
    masks.set(keyId, mask);
    return mask;
  };
  const service: KeyService = {
    endpoint: `unix://${socket.replace("\0", "/@")}`,
    keyId: "key-1",
    healthz: "ok",
    version: "v2",
    disabled: undefined,
    lost: new Set(),
    calls: { Status: 0, Encrypt: 0, Decrypt: 0 },
    stop: async () => server.forceShutdown(),
  };
  const masked = (bytes: Buffer, keyId: string): Buffer =>
    bytes.map((byte, at) => byte ^ maskOf(keyId)[at % 32]!) as Buffer;
  const handlers: Record<string, (request: Buffer) => Buffer> = {
    Status() {
      if (service.disabled !== undefined) throw new Error(service.disabled);
      return encodeMessage([
        [1, service.version],
        [2, service.healthz],
        [3, service.keyId],
      ]);
    },
    Encrypt: (request) =>
      encodeMessage([
        [1, masked(bytesField(decodeMessage(request), 1), service.keyId)],
        [2, service.keyId],
        ...annotationEntries(3, ANNOTATION),
      ]),
    Decrypt(request) {
      const fields = decodeMessage(request);
      const keyId = bytesField(fields, 3).toString();
      if (service.lost.has(keyId)) throw new Error(`the key ${keyId} is lost`);
      return encodeMessage([[1, masked(bytesField(fields, 1), keyId)]]);
    },
  };
  const raw = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };
  const definition = Object.fromEntries(
    Object.keys(handlers).map((name) => [
      name,
      { ...raw, path: `/v2.KeyManagementService/${name}`, requestStream: false, responseStream: false },
    ]),
  );
  const implementation = Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) => {
        service.calls[name as keyof KeyService["calls"]]++;
        try {
          answer(null, handle(call.request));
        } catch (error) {
          answer({ code: grpc.status.INTERNAL, details: (error as Error).message });
        }
      },
    ]),
  );
  server.addService(definition, implementation);
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return service;
}

const pass = (bytes: Buffer): Buffer => bytes;
