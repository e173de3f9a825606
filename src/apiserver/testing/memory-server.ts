import { generateKeyPairSync } from "node:crypto";
import { kindDefinitions } from "../../api/kinds.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { type Logger, silentLogger } from "../../base/log.ts";
import type { PortRange } from "../../base/port-range.ts";
import { seededRandom } from "../../base/random.ts";
import { SpanRing } from "../../base/trace.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Client } from "../../client/client.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/store.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "../admission/admission.ts";
import { type ApiServer, type ApiServerOptions, createApiServer } from "../api-server.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { SecurityOptions } from "../security.ts";
import type { Subresource } from "../subresources/subresource.ts";

export interface MemoryServer {
  readonly server: ApiServer;
  readonly store: Store;
  readonly clock: VirtualClock;
  /** Speaks as a member of system:masters. */
  readonly client: Client;
  clientOf(user: UserInfo): Client;
  close(): Promise<void>;
}

const { privateKey, publicKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

/** The real API server on the memory store, in process, with a clock that tests move. */
export async function startMemoryServer(
  options: {
    admission?: (dependencies: AdmissionDependencies) => readonly AdmissionPlugin[];
    subresources?: Readonly<Record<string, Subresource>>;
    paths?: ApiServerOptions["paths"];
    proxyCertificate?: ApiServerOptions["proxyCertificate"];
    keepsLocalServices?: boolean;
    audit?: ApiServerOptions["audit"];
    flowControl?: ApiServerOptions["flowControl"];
    security?: Partial<SecurityOptions>;
    /** Instead of an empty one. */
    store?: Store;
    isStoreShared?: boolean;
    watchSecondsMin?: number;
    serviceCidr?: string;
    serviceNodePorts?: PortRange;
    ownPorts?: readonly number[];
    log?: Logger;
  } = {},
): Promise<MemoryServer> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const store = options.store ?? createMemoryStore({ clock });
  const server = await createApiServer({
    store,
    ...(options.isStoreShared !== undefined && { isStoreShared: options.isStoreShared }),
    ...(options.watchSecondsMin !== undefined && { watchSecondsMin: options.watchSecondsMin }),
    schema: loadSchema(),
    kinds: kindDefinitions,
    clock,
    random,
    log: options.log ?? silentLogger,
    spans: new SpanRing({ clock, random }),
    serviceCidr: options.serviceCidr ?? "10.96.0.0/16",
    serviceNodePorts: options.serviceNodePorts,
    ownPorts: options.ownPorts ?? [],
    security: {
      clock,
      random,
      serviceAccountKeys: { privateKey, publicKey },
      issuer: "https://kubernetes.default.svc",
      ...options.security,
    },
    admission: options.admission ?? (() => []),
    ...(options.subresources !== undefined && { subresources: options.subresources }),
    ...(options.audit !== undefined && { audit: options.audit }),
    ...(options.flowControl !== undefined && { flowControl: options.flowControl }),
    ...(options.paths !== undefined && { paths: options.paths }),
    keepsLocalServices: options.keepsLocalServices === true,
    ...(options.proxyCertificate !== undefined && { proxyCertificate: options.proxyCertificate }),
  });
  const clientOf = (user: UserInfo): Client => new Client(server.transport({ user, userAgent: "test" }));
  return {
    server,
    store,
    clock,
    clientOf,
    client: clientOf({ name: "admin", groups: ["system:masters"] }),
    async close() {
      await server.close();
      await store.close();
    },
  };
}
