import { errorMessage } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { AnswerCache } from "./cache.ts";
import { exchangeTcp, exchangeUdp, type Upstream } from "./exchange.ts";
import { encodeQuery, type Query } from "./wire.ts";

export interface ForwarderOptions {
  /** The name servers of the host, asked for each time. */
  nameservers(): Promise<readonly string[]>;
  /** Addresses that are this very server: they are never asked. */
  readonly ownAddresses: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Asks the host's resolvers. */
export interface Forwarder {
  /**
   * The answer to a client's packet, with the client's id. Rejects when no resolver answers in time; what they answer, also
   * an error, is an answer.
   */
  forward(query: Query, packet: Buffer, protocol: "udp" | "tcp"): Promise<Buffer>;
  /** True for a question that this server itself has sent: the host's resolver asks us, who ask it. */
  isLoop(name: string): boolean;
}

const DNS_PORT = 53;
const ATTEMPT_TIMEOUT_MS = 2_000;
/** All attempts of one question together: C libraries give up after 5 s. */
const TOTAL_TIMEOUT_MS = 4_500;
const IN_FLIGHT_LIMIT = 500;
const HINFO = 13;

export function createForwarder(options: ForwarderOptions): Forwarder {
  const cache = new AnswerCache(options.clock);
  const flights = new Map<string, Promise<Buffer>>();
  const probeSuffix = `${options.random.bytes(12).toString("hex")}.wherry-loop-probe.invalid`;
  const looping = new Set<string>();
  const probed = new Map<string, string>();

  /** Sends a name to a new resolver that nobody else can know. If it arrives here, that resolver is fed by us. */
  async function probe(address: string): Promise<void> {
    const name = `${probed.size}.${probeSuffix}`;
    probed.set(address, name);
    const exchange = { clock: options.clock, timeoutMs: ATTEMPT_TIMEOUT_MS, signal: options.signal };
    await exchangeUdp(upstreamOf(address), encodeQuery(newId(options.random), name, HINFO), exchange).catch(() => {});
  }

  async function usable(): Promise<string[]> {
    const all = (await options.nameservers()).filter((address) => !options.ownAddresses.includes(address));
    for (const address of all) if (!probed.has(address)) void probe(address);
    return all.filter((address) => !looping.has(address));
  }

  async function ask(packet: Buffer, protocol: "udp" | "tcp"): Promise<Buffer> {
    const servers = await usable();
    if (servers.length === 0) throw new Error("the host has no name server that could be asked");
    const exchange = protocol === "udp" ? exchangeUdp : exchangeTcp;
    const deadlineMs = options.clock.monotonic() + TOTAL_TIMEOUT_MS;
    let last: unknown;
    for (let attempt = 0; attempt < servers.length * 2; attempt++) {
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, deadlineMs - options.clock.monotonic());
      if (timeoutMs <= 0) break;
      const upstream = upstreamOf(servers[attempt % servers.length] as string);
      try {
        return await exchange(upstream, packet, { clock: options.clock, timeoutMs, signal: options.signal });
      } catch (error) {
        last = error;
      }
    }
    throw new Error(errorMessage(last));
  }

  return {
    async forward(query, packet, protocol) {
      const key = cacheKey(query, protocol);
      const kept = cache.get(key, query.id);
      if (kept !== undefined) return kept;
      let flight = flights.get(key);
      if (flight === undefined) {
        if (flights.size >= IN_FLIGHT_LIMIT) throw new Error("too many questions wait for the host's name servers");
        const own = Buffer.from(packet);
        own.writeUInt16BE(newId(options.random), 0);
        flight = ask(own, protocol).finally(() => flights.delete(key));
        flights.set(key, flight);
        flight.then((answer) => cache.put(key, answer)).catch(() => {});
      }
      const answer = Buffer.from(await flight);
      answer.writeUInt16BE(query.id, 0);
      return answer;
    },
    isLoop(name) {
      const asked = name.toLowerCase();
      if (!asked.endsWith(probeSuffix)) return false;
      for (const [address, probeName] of probed) {
        if (probeName !== asked || looping.has(address)) continue;
        looping.add(address);
        options.log.warn("a name server of the host asks this one; it is left out", { address });
      }
      return true;
    },
  };
}

/** `127.0.0.1` or, for tests and odd set-ups, `127.0.0.1#5353`. */
function upstreamOf(text: string): Upstream {
  const [address = "", port] = text.split("#");
  return { address, port: port === undefined ? DNS_PORT : Number(port) };
}

function cacheKey(query: Query, protocol: string): string {
  const flags = `${query.recursionDesired}${query.hasEdns}${query.dnssecOk}${query.checkingDisabled}`;
  return `${query.question.name.toLowerCase()} ${query.typeNumber} ${flags} ${protocol}`;
}

function newId(random: Random): number {
  return random.bytes(2).readUInt16BE(0);
}
