import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, type Server, type Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import type { Answerer } from "./answer.ts";
import { withLength } from "./exchange.ts";

export interface DnsListener {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly address: string;
  /** Ports in order of preference; 0: any free one. */
  readonly ports: readonly number[];
  readonly answerer: Answerer;
  readonly clock: Clock;
}

const TCP_CONNECTION_LIMIT = 200;
const TCP_IDLE_MS = 10_000;
/** Questions of one connection, or of all datagrams, that are worked on at the same time. */
const TCP_IN_FLIGHT_LIMIT = 32;
const UDP_IN_FLIGHT_LIMIT = 2_000;

/** Listens on one address, over UDP and TCP on the same port. Rejects when none of the ports is free. */
export async function listenDns(options: ListenOptions): Promise<DnsListener> {
  let last: unknown = new Error("no port to listen on");
  for (const port of options.ports) {
    try {
      return await listenOn(port, options);
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`cluster DNS cannot listen on ${options.address}: ${last instanceof Error ? last.message : last}`);
}

async function listenOn(wanted: number, options: ListenOptions): Promise<DnsListener> {
  const { address, answerer, clock } = options;
  const tcp = serveTcp(answerer, clock);
  const connections = new Set<Socket>();
  tcp.on("connection", (socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  tcp.listen({ host: address, port: wanted });
  await once(tcp, "listening");
  const port = (tcp.address() as { port: number }).port;
  const udp = serveUdp(answerer, isIPv6(address));
  try {
    udp.bind({ address, port });
    await once(udp, "listening");
  } catch (error) {
    tcp.close();
    throw error;
  }
  udp.on("error", () => {});
  return {
    address,
    port,
    async close() {
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => tcp.close(() => resolve())),
        new Promise<void>((resolve) => udp.close(() => resolve())),
      ]);
    },
  };
}

function serveUdp(answerer: Answerer, ipv6: boolean): DatagramSocket {
  const socket = createSocket(ipv6 ? "udp6" : "udp4");
  let inFlight = 0;
  let open = true;
  socket.on("close", () => {
    open = false;
  });
  socket.on("message", (packet, from) => {
    if (inFlight >= UDP_IN_FLIGHT_LIMIT) return;
    inFlight++;
    void answerer.answer(packet, "udp").then((answer) => {
      inFlight--;
      if (answer !== undefined && open) socket.send(answer, from.port, from.address, () => {});
    });
  });
  return socket;
}

function serveTcp(answerer: Answerer, clock: Clock): Server {
  const server = createServer((socket) => serveConnection(socket, answerer, clock));
  server.maxConnections = TCP_CONNECTION_LIMIT;
  return server;
}

/** Questions of a connection are answered as they are ready, in any order (RFC 7766). */
function serveConnection(socket: Socket, answerer: Answerer, clock: Clock): void {
  let received = Buffer.alloc(0);
  let inFlight = 0;
  let idle = clock.setTimer(() => socket.destroy(), TCP_IDLE_MS);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => idle.cancel());
  const take = (): void => {
    while (received.length >= 2 && inFlight < TCP_IN_FLIGHT_LIMIT) {
      const end = 2 + received.readUInt16BE(0);
      if (received.length < end) break;
      const packet = received.subarray(2, end);
      received = received.subarray(end);
      inFlight++;
      void answerer.answer(packet, "tcp").then((answer) => {
        inFlight--;
        if (answer === undefined) socket.destroy();
        else if (!socket.destroyed) socket.write(withLength(answer));
        take();
      });
    }
    if (inFlight >= TCP_IN_FLIGHT_LIMIT) socket.pause();
    else socket.resume();
  };
  socket.on("data", (chunk) => {
    idle.cancel();
    idle = clock.setTimer(() => socket.destroy(), TCP_IDLE_MS);
    received = Buffer.concat([received, chunk]);
    take();
  });
}
