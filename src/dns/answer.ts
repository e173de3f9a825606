import { errorMessage } from "../base/assert.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Forwarder } from "./forward.ts";
import type { DnsRecord } from "./records.ts";
import { decodeQuery, encodeQuery, encodeResponse, packetLibrary, type Query, type Response } from "./wire.ts";
import { lookUp, startOfAuthority, type Zone } from "./zone.ts";

export interface AnswererOptions {
  readonly zone: Zone;
  readonly forwarder: Forwarder;
  readonly random: Random;
  readonly log: Logger;
}

/** What the server has done so far. */
export interface DnsCounters {
  queries: number;
  malformed: number;
  forwarded: number;
  failures: number;
  noSuchName: number;
}

export interface Answerer {
  readonly counters: Readonly<DnsCounters>;
  /** The packet to send back; undefined for what deserves no answer. Never rejects. */
  answer(packet: Buffer, protocol: "udp" | "tcp"): Promise<Buffer | undefined>;
}

const TCP_LIMIT_BYTES = 65_535;
const NOTHING = { answers: [], authorities: [], additionals: [] };

/** Answers questions about the cluster from the zone, and all others with the host's resolvers. */
export function createAnswerer(options: AnswererOptions): Answerer {
  const { zone, forwarder, random, log } = options;
  const counters: DnsCounters = { queries: 0, malformed: 0, forwarded: 0, failures: 0, noSuchName: 0 };
  let serial = 1;

  async function respond(query: Query, packet: Buffer, protocol: "udp" | "tcp"): Promise<Response | Buffer> {
    if (forwarder.isLoop(query.question.name)) return { code: "NXDOMAIN", authoritative: false, ...NOTHING };
    const answer = lookUp(query.question, zone);
    if (answer.kind === "forward") {
      counters.forwarded++;
      return forwarder.forward(query, packet, protocol);
    }
    const authorities = [startOfAuthority(zone, serial++ % 0xffffffff)];
    if (answer.kind === "noSuchName") {
      counters.noSuchName++;
      return { code: "NXDOMAIN", authoritative: true, ...NOTHING, authorities };
    }
    if (answer.kind === "alias") {
      const outside = await resolveOutside(query, answer.target);
      return { code: "NOERROR", authoritative: true, ...NOTHING, answers: [...answer.answers, ...outside] };
    }
    const answers = rotate(answer.answers, random);
    const nothing = answers.length === 0;
    const { additionals } = answer;
    return { code: "NOERROR", authoritative: true, answers, authorities: nothing ? authorities : [], additionals };
  }

  /** Addresses of a name outside of the cluster that a service of type ExternalName points at. */
  async function resolveOutside(query: Query, target: string): Promise<DnsRecord[]> {
    const packet = encodeQuery(query.id, target, query.typeNumber);
    const own: Query = { ...query, question: { ...query.question, name: target }, hasEdns: false, dnssecOk: false };
    const answer = (await packetLibrary()).decode(await forwarder.forward(own, packet, "tcp"));
    return (answer.answers ?? []).flatMap((record): DnsRecord[] => {
      if (record.type !== "A" && record.type !== "AAAA" && record.type !== "CNAME") return [];
      return [{ type: record.type, name: record.name, ttl: record.ttl ?? 0, data: record.data }];
    });
  }

  return {
    counters,
    async answer(packet, protocol) {
      counters.queries++;
      let query: Query;
      try {
        query = await decodeQuery(packet);
      } catch {
        counters.malformed++;
        return malformed(packet);
      }
      const limitBytes = protocol === "tcp" ? TCP_LIMIT_BYTES : query.udpLimitBytes;
      try {
        const response = await respond(query, packet, protocol);
        return Buffer.isBuffer(response) ? response : encodeResponse(query, response, limitBytes);
      } catch (error) {
        counters.failures++;
        log.debug("a name could not be resolved", { name: query.question.name, error: errorMessage(error) });
        return encodeResponse(query, { code: "SERVFAIL", authoritative: false, ...NOTHING }, limitBytes);
      }
    },
  };
}

/** FORMERR to what looks like a question; silence to the rest, so that two servers never talk to each other forever. */
function malformed(packet: Buffer): Buffer | undefined {
  if (packet.length < 12 || (packet[2]! & 0x80) !== 0) return undefined;
  const answer = Buffer.alloc(12);
  packet.copy(answer, 0, 0, 2);
  answer.writeUInt16BE(0x8001, 2);
  return answer;
}

/** Starts the list of addresses somewhere else each time, for clients that take the first one. */
function rotate(records: readonly DnsRecord[], random: Random): DnsRecord[] {
  const canRotate = records.length > 1 && records.every((record) => record.type === "A" || record.type === "AAAA");
  const start = canRotate ? Math.floor(random.fraction() * records.length) : 0;
  return [...records.slice(start), ...records.slice(0, start)];
}
