import { isIP, type OnReadOpts } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import { tlsOptionsOf, WINDOW_BYTES } from "../connecting.ts";
import type { Target } from "../job.ts";
import { ClientSession } from "./client-session.ts";

const HTTPS_PORT = 443;
/** Four records of TLS. */
const READ_BYTES = 64 * 1024;

/** A connection for load: windows so wide that they never hold the server up. @throws Error when there is none */
export async function openSession(target: Target): Promise<ClientSession> {
  const session = await new Promise<ClientSession>((resolve, reject) => {
    let opened: ClientSession | undefined;
    const options: ConnectionOptions & { onread: OnReadOpts } = {
      ...addressOf(target),
      ...tlsOptionsOf(target),
      ALPNProtocols: ["h2"],
      // All is read into one buffer: with a new one for each read a GET costs 17 µs instead of 13.
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback(length, buffer) {
          opened?.receive((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    };
    const socket = connect(options);
    socket.setNoDelay();
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      if (socket.alpnProtocol === "h2") {
        opened = new ClientSession(socket, WINDOW_BYTES);
        resolve(opened);
      } else {
        socket.destroy();
        reject(new Error(`${target.url} does not speak HTTP/2`));
      }
    });
  });
  await session.opened;
  return session;
}

function addressOf(target: Target) {
  const { hostname, port } = new URL(target.url);
  // Brackets around an address of IPv6 belong to the URL.
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: Number(port || HTTPS_PORT), ...(isIP(host) === 0 && { servername: host }) };
}
