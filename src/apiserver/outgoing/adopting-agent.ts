import { Agent, type AgentOptions } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

/** A server, as requests name it. */
export interface Adopted {
  readonly host: string;
  readonly port: number;
}

/** An agent that takes connections which others have opened, before it opens its own: to learn what a server speaks costs none. */
export class AdoptingAgent extends Agent {
  readonly #adopted = new Map<string, TLSSocket[]>();
  readonly #idleMs: number;
  #isClosed = false;

  constructor(options: AgentOptions & { readonly timeout: number }) {
    super(options);
    this.#idleMs = options.timeout;
  }

  /** The connection serves the next request that needs one to this server, and is closed if none does so for long. */
  adopt({ host, port }: Adopted, socket: TLSSocket): void {
    if (this.#isClosed) return void socket.destroy();
    const key = `${host}|${port}`;
    const waiting = this.#adopted.get(key) ?? [];
    waiting.push(socket);
    this.#adopted.set(key, waiting);
    const leave = (): void => {
      const rest = (this.#adopted.get(key) ?? []).filter((each) => each !== socket);
      if (rest.length > 0) this.#adopted.set(key, rest);
      else this.#adopted.delete(key);
      socket.destroy();
    };
    socket.setTimeout(this.#idleMs, leave).once("close", leave).on("error", leave);
  }

  override createConnection(...of: Parameters<Agent["createConnection"]>): Duplex | null | undefined {
    const [{ host, port }] = of;
    const socket = this.#adopted.get(`${host}|${port}`)?.pop();
    if (socket === undefined || socket.destroyed) return super.createConnection(...of);
    socket.setTimeout(0).removeAllListeners("timeout");
    return socket;
  }

  override destroy(): void {
    this.#isClosed = true;
    for (const socket of [...this.#adopted.values()].flat()) socket.destroy();
    super.destroy();
  }
}
