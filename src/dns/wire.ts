import type { DnsRecord, Question } from "./records.ts";

/** A question as it came from a client, with what an answer must repeat. */
export interface Query {
  readonly id: number;
  readonly question: Question;
  readonly typeNumber: number;
  readonly recursionDesired: boolean;
  /** What fits into a UDP answer for this client: 512, or what it says in its EDNS record. */
  readonly udpLimitBytes: number;
  readonly hasEdns: boolean;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export interface Response {
  readonly code: keyof typeof RESPONSE_CODES;
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

const RESPONSE_CODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const TYPES: Record<string, number> = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 };
const TYPE_NAMES = new Map([...Object.entries(TYPES).map(([name, number]) => [number, name] as const), [255, "ANY"]]);

const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
const INTERNET = 1;
const OPT = 41;
/** What we say that we take, and the most that we send: the size that passes networks without fragments (DNS flag day). */
const UDP_LIMIT_BYTES = 1232;

type Packets = typeof import("dns-packet");
let packets: Promise<Packets> | undefined;

/** The parser of packets, loaded at the first use. */
export function packetLibrary(): Promise<Packets> {
  packets ??= import("dns-packet");
  return packets;
}

/** Reads a question. Throws on what is no query of one question. */
export async function decodeQuery(bytes: Buffer): Promise<Query> {
  const packet = (await packetLibrary()).decode(bytes);
  const asked = packet.questions?.[0];
  if (packet.type !== "query" || asked === undefined || packet.questions?.length !== 1) throw new Error("not a query");
  const edns = packet.additionals?.find((record) => record.type === "OPT");
  const flags = bytes.readUInt16BE(2);
  const typeNumber = bytes.readUInt16BE(questionEnd(bytes) - 4);
  return {
    id: bytes.readUInt16BE(0),
    question: { name: asked.name === "." ? "" : asked.name, type: TYPE_NAMES.get(typeNumber) ?? `TYPE${typeNumber}` },
    typeNumber,
    recursionDesired: (flags & RECURSION_DESIRED) !== 0,
    udpLimitBytes: Math.min(UDP_LIMIT_BYTES, Math.max(512, edns?.udpPayloadSize ?? 512)),
    hasEdns: edns !== undefined,
    dnssecOk: edns?.flag_do ?? false,
    checkingDisabled: (flags & 0x0010) !== 0,
  };
}

/**
 * Writes an answer, with names compressed (RFC 1035 4.1.4): without it a service with ten endpoints would not fit into
 * 512 bytes. What is longer than the limit goes out empty and truncated, and the client asks again over TCP.
 */
export function encodeResponse(query: Query, response: Response, limitBytes: number): Buffer {
  const whole = encode(query, response, 0);
  if (whole.length <= limitBytes) return whole;
  const slim = encode(query, { ...response, additionals: [] }, 0);
  if (slim.length <= limitBytes) return slim;
  return encode(query, { ...response, answers: [], authorities: [], additionals: [] }, TRUNCATED);
}

/** A question of our own. */
export function encodeQuery(id: number, name: string, typeNumber: number): Buffer {
  const writer = new Writer();
  for (const word of [id, RECURSION_DESIRED, 1, 0, 0, 0]) writer.word(word);
  writer.name(name);
  writer.word(typeNumber);
  writer.word(INTERNET);
  return writer.bytes();
}

function encode(query: Query, response: Response, extraFlags: number): Buffer {
  const writer = new Writer();
  const flags =
    RESPONSE |
    (response.authoritative ? AUTHORITATIVE : 0) |
    (query.recursionDesired ? RECURSION_DESIRED : 0) |
    RECURSION_AVAILABLE |
    extraFlags |
    RESPONSE_CODES[response.code];
  const { answers, authorities, additionals } = response;
  const extra = additionals.length + (query.hasEdns ? 1 : 0);
  for (const word of [query.id, flags, 1, answers.length, authorities.length, extra]) writer.word(word);
  writer.name(query.question.name);
  writer.word(query.typeNumber);
  writer.word(INTERNET);
  for (const record of [...answers, ...authorities, ...additionals]) writer.record(record);
  if (query.hasEdns) {
    writer.byte(0);
    for (const word of [OPT, UDP_LIMIT_BYTES, 0, 0, 0]) writer.word(word);
  }
  return writer.bytes();
}

/** Where the first question ends. */
export function questionEnd(bytes: Buffer): number {
  return skipName(bytes, 12) + 4;
}

export function skipName(bytes: Buffer, offset: number): number {
  let position = offset;
  for (;;) {
    const length = bytes.readUInt8(position);
    if (length === 0) return position + 1;
    if (length >= 0xc0) return position + 2;
    position += length + 1;
  }
}

class Writer {
  #bytes: number[] = [];
  readonly #offsets = new Map<string, number>();

  byte(value: number): void {
    this.#bytes.push(value & 0xff);
  }

  word(value: number): void {
    this.byte(value >> 8);
    this.byte(value);
  }

  long(value: number): void {
    this.word(Math.floor(value / 0x10000));
    this.word(value % 0x10000);
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  /** Writes a name, pointing at an earlier place for the rest of it where there is one. */
  name(name: string): void {
    let rest = name;
    while (rest !== "") {
      const known = this.#offsets.get(rest);
      if (known !== undefined) {
        this.word(0xc000 | known);
        return;
      }
      if (this.#bytes.length < 0x4000) this.#offsets.set(rest, this.#bytes.length);
      const dot = rest.indexOf(".");
      const label = Buffer.from(dot < 0 ? rest : rest.slice(0, dot), "latin1").subarray(0, 63);
      this.byte(label.length);
      for (const value of label) this.byte(value);
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
    this.byte(0);
  }

  record(record: DnsRecord): void {
    this.name(record.name);
    this.word(TYPES[record.type] as number);
    this.word(INTERNET);
    this.long(record.ttl);
    const lengthAt = this.#bytes.length;
    this.word(0);
    this.#data(record);
    const length = this.#bytes.length - lengthAt - 2;
    this.#bytes[lengthAt] = length >> 8;
    this.#bytes[lengthAt + 1] = length & 0xff;
  }

  #data(record: DnsRecord): void {
    if (record.type === "A") for (const part of record.data.split(".")) this.byte(Number(part));
    else if (record.type === "AAAA") for (const group of groupsOf(record.data)) this.word(group);
    else if (record.type === "TXT") {
      const text = Buffer.from(record.data).subarray(0, 255);
      this.byte(text.length);
      for (const value of text) this.byte(value);
    } else if (record.type === "SRV") {
      const { priority, weight, port, target } = record.data;
      for (const word of [priority, weight, port]) this.word(word);
      // RFC 2782: no compression of the target. Old resolvers do not expect it.
      this.#plainName(target);
    } else if (record.type === "SOA") {
      const { mname, rname, serial, refresh, retry, expire, minimum } = record.data;
      this.name(mname);
      this.name(rname);
      for (const value of [serial, refresh, retry, expire, minimum]) this.long(value);
    } else this.name(record.data);
  }

  #plainName(name: string): void {
    for (const label of name === "" ? [] : name.split(".")) {
      const bytes = Buffer.from(label, "latin1").subarray(0, 63);
      this.byte(bytes.length);
      for (const value of bytes) this.byte(value);
    }
    this.byte(0);
  }
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
  const text = dotted === null ? address : `${dotted[1]}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}`;
  const [head = "", tail] = text.split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const before = parse(head);
  const after = tail === undefined ? [] : parse(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}
