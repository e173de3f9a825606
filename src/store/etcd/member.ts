import type {
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  Metadata,
  ServiceError,
} from "@grpc/grpc-js";
import { type EndpointTarget, type EndpointTls, isSameTls } from "./endpoint.ts";
import { EtcdError, etcdError } from "./errors.ts";
import type { SnapshotResponse, StatusResponse } from "./messages.ts";
import { ETCD_PACKAGE, etcdDescriptor } from "./schema.ts";

export type UnaryMethod =
  | "KV/Range"
  | "KV/Txn"
  | "KV/DeleteRange"
  | "KV/Compact"
  | "Lease/LeaseGrant"
  | "Maintenance/Status"
  | "Cluster/MemberList";

/** Who answers at an endpoint. */
export interface MemberIdentity {
  readonly clusterId: number;
  readonly version: string;
}

interface MethodDefinition {
  path: string;
  requestSerialize(value: unknown): Buffer;
  responseDeserialize(bytes: Buffer): unknown;
}

/** gRPC and the protocol, loaded when the first etcd is connected. */
export interface Protocol {
  readonly grpc: typeof import("@grpc/grpc-js");
  method(name: string): MethodDefinition;
}

export async function loadProtocol(): Promise<Protocol> {
  const [grpc, loader] = await Promise.all([import("@grpc/grpc-js"), import("@grpc/proto-loader")]);
  const definition = loader.fromJSON(etcdDescriptor() as Parameters<typeof loader.fromJSON>[0], {
    keepCase: true,
    longs: Number,
    defaults: true,
  });
  return {
    grpc,
    method(name) {
      const [service = "", method = ""] = name.split("/");
      const methods = definition[`${ETCD_PACKAGE}.${service}`] as unknown as Record<string, MethodDefinition>;
      return methods[method]!;
    },
  };
}

/** The connection to one member. Calls that are under way can be given up all at once, when it is found to be stuck. */
export class Member {
  readonly url: string;
  identity: MemberIdentity | undefined;
  readonly #endpoint: EndpointTarget;
  readonly #protocol: Protocol;
  #tls: EndpointTls | undefined;
  #client: Client;
  /** Makes a member that has lost its leader say so instead of waiting for one. */
  readonly #metadata: Metadata;
  readonly #calls = new Set<{ cancel(): void }>();

  constructor(endpoint: EndpointTarget, protocol: Protocol) {
    this.url = endpoint.url;
    this.#endpoint = endpoint;
    this.#protocol = protocol;
    this.#tls = endpoint.tls();
    this.#client = connect(protocol, endpoint.target, this.#tls);
    this.#metadata = new protocol.grpc.Metadata();
    this.#metadata.set("hasleader", "true");
  }

  /** Goes on with the certificates that are on the disk now, when these are others. */
  renew(): void {
    if (this.#tls === undefined) return;
    let tls: EndpointTls | undefined;
    try {
      tls = this.#endpoint.tls();
    } catch {
      // Half of them are new: what they are afterwards is seen next time.
      return;
    }
    if (tls === undefined || isSameTls(tls, this.#tls)) return;
    this.#client.close();
    this.#tls = tls;
    this.#client = connect(this.#protocol, this.#endpoint.target, tls);
  }

  /** @throws EtcdError */
  call<T>(name: UnaryMethod, request: unknown, timeoutMs: number): Promise<T> {
    const method = this.#protocol.method(name);
    return new Promise<T>((resolve, reject) => {
      const call: ClientUnaryCall = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize as (bytes: Buffer) => T,
        request,
        this.#metadata,
        { deadline: deadlineAfter(timeoutMs) },
        (error: ServiceError | null, value?: T) => {
          this.#calls.delete(call);
          if (error === null) resolve(value as T);
          else reject(etcdError(error, this.url));
        },
      );
      this.#calls.add(call);
    });
  }

  openWatch(): ClientDuplexStream<unknown, unknown> {
    const method = this.#protocol.method("Watch/Watch");
    return this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      this.#metadata,
    );
  }

  /** The member's whole database, piece by piece. Cancel it when it is not read to its end. */
  openSnapshot(): ClientReadableStream<SnapshotResponse> {
    const method = this.#protocol.method("Maintenance/Snapshot");
    return this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => SnapshotResponse,
      {},
      this.#metadata,
    );
  }

  /** Asks who is there. @throws EtcdError of the kind notDone: nothing else was asked of it */
  async identify(timeoutMs: number): Promise<MemberIdentity> {
    try {
      const status = await this.call<StatusResponse>("Maintenance/Status", {}, timeoutMs);
      this.identity = { clusterId: status.header.cluster_id, version: status.version };
      return this.identity;
    } catch (error) {
      const { message, isOfEndpoint } = etcdError(error, this.url);
      throw new EtcdError("notDone", message, { isOfEndpoint });
    }
  }

  /** Gives up everything that waits for this member; its next user asks anew who is there. */
  abandon(): void {
    this.identity = undefined;
    for (const call of [...this.#calls]) call.cancel();
  }

  close(): void {
    this.abandon();
    this.#client.close();
  }
}

function connect({ grpc }: Protocol, target: string, tls: EndpointTls | undefined): Client {
  const credentials =
    tls === undefined
      ? grpc.credentials.createInsecure()
      : grpc.credentials.createSsl(tls.authority, tls.key, tls.certificate);
  return new grpc.Client(target, credentials, {
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    // Channels of one process share connections otherwise, and stores must not close each other's.
    "grpc.use_local_subchannel_pool": 1,
  });
}

/** grpc takes deadlines on the wall clock of the machine, which is the one it runs its own timers by. */
function deadlineAfter(timeoutMs: number): number {
  return performance.timeOrigin + performance.now() + timeoutMs;
}
