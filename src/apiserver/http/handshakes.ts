import type { Socket } from "node:net";
import {
  createSecureContext,
  createServer as createTlsServer,
  type SecureContext,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { type ServerTls, serverTlsOptions } from "../../base/server-tls.ts";

/** What is shown to whom. Who is shown the same hears of the same object. */
export interface TlsChoice {
  /** To who asks for that name. */
  byName(serverName: string): ServerTls;
  /** To who asks for none and came to that address of this machine. */
  byAddress(address: string): ServerTls;
}

export interface Handshakes {
  /** Makes a connection that has just come a secure one. */
  begin(socket: Socket): void;
  /** Shows something else to those that come from now on. @throws Error when TLS cannot be spoken with it */
  use(tls: ServerTls | TlsChoice): void;
}

/** The beginning of every connection: who is shown which certificate, and which protocol is spoken then. */
export function createHandshakes(
  first: ServerTls | TlsChoice,
  options: {
    readonly timeoutMs: number;
    readonly done: (socket: TLSSocket) => void;
    readonly failed: (error: Error) => void;
  },
): Handshakes {
  let choice: TlsChoice;
  let contexts: Map<ServerTls, SecureContext>;
  // Whoever names no server is shown what its own server has: there is one for each certificate that is shown so.
  let servers: Map<ServerTls, TlsServer>;

  function contextOf(tls: ServerTls): SecureContext {
    let context = contexts.get(tls);
    if (context === undefined) contexts.set(tls, (context = createSecureContext(serverTlsOptions(tls))));
    return context;
  }

  function serverOf(tls: ServerTls): TlsServer {
    let server = servers.get(tls);
    if (server !== undefined) return server;
    server = createTlsServer({
      ...serverTlsOptions(tls),
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: options.timeoutMs,
      SNICallback(name, answer) {
        try {
          answer(null, contextOf(choice.byName(name)));
        } catch (error) {
          answer(error as Error);
        }
      },
    });
    server.on("secureConnection", options.done);
    server.on("tlsClientError", options.failed);
    servers.set(tls, server);
    return server;
  }

  function use(tls: ServerTls | TlsChoice): void {
    const next = choiceOf(tls);
    // What cannot be used throws here, and what was used stays.
    createSecureContext(serverTlsOptions(next.byAddress("")));
    choice = next;
    [contexts, servers] = [new Map(), new Map()];
  }

  use(first);
  return {
    begin(socket) {
      try {
        serverOf(choice.byAddress(plain(socket.localAddress))).emit("connection", socket);
      } catch (error) {
        socket.destroy();
        options.failed(error as Error);
      }
    },
    use,
  };
}

function choiceOf(tls: ServerTls | TlsChoice): TlsChoice {
  return "byName" in tls ? tls : { byName: () => tls, byAddress: () => tls };
}

/** An address of IPv4 as such, also where the socket takes both kinds. */
function plain(address = ""): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
