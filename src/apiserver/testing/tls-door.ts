import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import type { TestAuthority } from "../../base/testing/certificates.ts";
import { createEdge } from "../http/edge.ts";
import type { MemoryServer } from "./memory-server.ts";

/** A server as it is met from outside: over TLS, at a port of this machine. */
export interface TlsDoor {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * @param authority issues the server's certificate
 * @param clientCa whose certificates clients may show
 */
export async function openTlsDoor(
  { server }: MemoryServer,
  authority: TestAuthority,
  clientCa = authority.ca,
): Promise<TlsDoor> {
  const edge = createEdge({
    handler: server.handler,
    tls: { ...authority.issue("server"), clientCa },
    clock: systemClock,
    log: silentLogger,
  });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  return { port, close: () => edge.close() };
}
