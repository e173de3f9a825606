import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { after, before, test } from "node:test";
import packets from "dns-packet";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { type Answerer, createAnswerer } from "./answer.ts";
import { AnswerCache, ttlOffsetsOf } from "./cache.ts";
import { exchangeTcp, exchangeUdp } from "./exchange.ts";
import type { DnsService, DnsSlice } from "./facts.ts";
import { createForwarder, type Forwarder } from "./forward.ts";
import { parseNameservers } from "./resolv-conf.ts";
import { type DnsListener, listenDns } from "./server.ts";

const stopping = new AbortController();
const upstream = createSocket("udp4");
let upstreamQueries = 0;
let upstreamAddress = "";
let answerer: Answerer;
let forwarder: Forwarder;
let listener: DnsListener;

const web: DnsService = { key: "default/web", clusterIPs: ["10.96.0.20"], externalName: "", ports: [] };
const many: DnsService = { key: "default/many", clusterIPs: [], externalName: "", ports: [] };
const manySlice: DnsSlice = {
  key: "default/many-1",
  serviceKey: "default/many",
  ports: [],
  endpoints: Array.from({ length: 100 }, (_, index) => ({ address: `10.244.1.${index}`, hostname: `many-${index}` })),
};

const someQuery = {
  id: 1,
  question: { name: "a.example", type: "A" },
  typeNumber: 1,
  recursionDesired: true,
  udpLimitBytes: 512,
  hasEdns: false,
  dnssecOk: false,
  checkingDisabled: false,
};
const emptyFacts = {
  hasNamespace: () => true,
  service: () => undefined,
  slices: () => [],
  servicesWithIP: () => [],
  slicesWithIP: () => [],
};

before(async () => {
  upstream.on("message", (bytes, from) => {
    const query = packets.decode(bytes);
    const question = query.questions![0]!;
    if (question.type === "A") upstreamQueries++;
    if (question.name === "silent.example") return;
    const answers: packets.Answer[] = [{ type: "A", name: question.name, ttl: 60, data: "203.0.113.7" }];
    upstream.send(
      packets.encode({ type: "response", id: query.id!, questions: [question], answers }),
      from.port,
      from.address,
    );
  });
  upstream.bind(0, "127.0.0.1");
  await once(upstream, "listening");
  upstreamAddress = `127.0.0.1#${upstream.address().port}`;
  const nameservers = [upstreamAddress];
  forwarder = createForwarder({
    nameservers: async () => nameservers,
    ownAddresses: [],
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    signal: stopping.signal,
  });
  const facts = {
    hasNamespace: () => true,
    service: (key: string) => [web, many].find((service) => service.key === key),
    slices: (key: string) => (key === many.key ? [manySlice] : []),
    servicesWithIP: () => [],
    slicesWithIP: () => [],
  };
  const zone = { domain: "cluster.local", serverAddress: "10.96.0.10", facts };
  answerer = createAnswerer({ zone, forwarder, random: systemRandom, log: silentLogger });
  listener = await listenDns({ address: "127.0.0.1", ports: [0], answerer, clock: systemClock });
});

after(async () => {
  stopping.abort();
  upstream.close();
  await listener.close();
});

async function ask(
  name: string,
  options: { protocol?: "udp" | "tcp"; type?: packets.RecordType; udpSize?: number } = {},
) {
  const { protocol = "udp", type = "A", udpSize } = options;
  const additionals: packets.Answer[] =
    udpSize === undefined
      ? []
      : [
          {
            type: "OPT",
            name: ".",
            udpPayloadSize: udpSize,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ];
  const query = packets.encode({
    type: "query",
    id: 7,
    flags: packets.RECURSION_DESIRED,
    questions: [{ type, name }],
    additionals,
  });
  const exchange = protocol === "udp" ? exchangeUdp : exchangeTcp;
  const bytes = await exchange(listener, query, { clock: systemClock, timeoutMs: 6000, signal: stopping.signal });
  const answer = packets.decode(bytes);
  const addresses = (answer.answers ?? []).map((record) => ("data" in record ? String(record.data) : ""));
  return { answer, addresses, code: (bytes[3]! & 0x0f) as number, bytes };
}

test("the zone answers over UDP and TCP", async () => {
  for (const protocol of ["udp", "tcp"] as const) {
    const { answer, addresses } = await ask("web.default.svc.cluster.local", { protocol });
    assert.deepEqual(addresses, ["10.96.0.20"]);
    assert.ok(answer.flag_aa && answer.flag_ra && answer.flag_rd);
  }
});

test("a name that is not there comes with the zone's SOA", async () => {
  const { answer, code } = await ask("nothing.default.svc.cluster.local");
  assert.equal(code, 3);
  assert.equal(answer.authorities?.[0]?.type, "SOA");
});

test("long answers are truncated over UDP and whole over TCP", async () => {
  const short = await ask("many.default.svc.cluster.local");
  assert.ok(short.answer.flag_tc);
  assert.deepEqual(short.addresses, []);
  const whole = await ask("many.default.svc.cluster.local", { protocol: "tcp" });
  assert.equal(whole.addresses.length, 100);
  assert.ok(whole.bytes.length < 1700, "names are compressed");
});

test("other names are forwarded, once for all who ask", async () => {
  const before = upstreamQueries;
  const answers = await Promise.all([ask("example.com"), ask("example.com"), ask("EXAMPLE.com")]);
  for (const { addresses } of answers) assert.deepEqual(addresses, ["203.0.113.7"]);
  const again = await ask("example.com");
  assert.equal(again.answer.id, 7);
  assert.equal(upstreamQueries - before, 1);
});

test("names under the cluster's domain never leave the machine", async () => {
  const before = upstreamQueries;
  assert.equal((await ask("example.com.default.svc.cluster.local")).code, 3);
  assert.equal(upstreamQueries, before);
});

test("a resolver that does not answer is given up before clients give up", async () => {
  const clock = new VirtualClock();
  const slow = createForwarder({
    nameservers: async () => [upstreamAddress],
    ownAddresses: [],
    clock,
    random: systemRandom,
    log: silentLogger,
    signal: stopping.signal,
  });
  const silent = { ...someQuery, question: { name: "silent.example", type: "A" } };
  const packet = packets.encode({ type: "query", id: 1, questions: [{ type: "A", name: "silent.example" }] });
  const failed = assert.rejects(slow.forward(silent, packet, "udp"), /did not answer in time/);
  await clock.advance(4_600);
  await failed;
});

test("what cannot be resolved is a server failure", async () => {
  const zone = { domain: "cluster.local", serverAddress: "10.96.0.10", facts: emptyFacts };
  const failing: Forwarder = { forward: () => Promise.reject(new Error("no")), isLoop: () => false };
  const alone = createAnswerer({ zone, forwarder: failing, random: systemRandom, log: silentLogger });
  const packet = packets.encode({ type: "query", id: 1, questions: [{ type: "A", name: "example.com" }] });
  assert.equal((await alone.answer(packet, "udp"))![3]! & 0x0f, 2);
});

test("no answer to answers, and FORMERR to half a question", async () => {
  assert.equal(await answerer.answer(packets.encode({ type: "response", id: 1 }), "udp"), undefined);
  assert.equal(await answerer.answer(Buffer.from([1, 2, 3]), "udp"), undefined);
  const half = await answerer.answer(
    packets.encode({ type: "query", id: 258, questions: [{ type: "A", name: "a.b" }] }).subarray(0, 15),
    "udp",
  );
  assert.deepEqual([...half!.subarray(0, 4)], [1, 2, 0x80, 1]);
});

test("a resolver of the host that asks us is left out", async () => {
  const ended = new AbortController();
  const looped: string[] = [];
  const echo = createSocket("udp4");
  echo.bind(0, "127.0.0.1");
  await once(echo, "listening");
  const nameserver = `127.0.0.1#${echo.address().port}`;
  const loop = createForwarder({
    nameservers: async () => [nameserver],
    ownAddresses: [],
    clock: systemClock,
    random: systemRandom,
    log: { ...silentLogger, warn: (_, fields) => looped.push(String(fields?.address)) },
    signal: ended.signal,
  });
  const arrived = new Promise<string>((resolve) => {
    echo.on("message", (bytes) => {
      const name = packets.decode(bytes).questions![0]!.name;
      if (name.includes("loop-probe")) resolve(name);
    });
  });
  const packet = packets.encode({ type: "query", id: 1, questions: [{ type: "A", name: "a.example" }] });
  const first = loop.forward(someQuery, packet, "udp").catch(() => "failed");
  assert.equal(loop.isLoop(await arrived), true);
  assert.deepEqual(looped, [nameserver]);
  await assert.rejects(
    loop.forward({ ...someQuery, question: { name: "b.example", type: "A" } }, packet, "udp"),
    /no name server/,
  );
  echo.close();
  ended.abort();
  await first;
});

test("kept answers get older, and end", async () => {
  const clock = new VirtualClock();
  const cache = new AnswerCache(clock, 2);
  const answer = (ttl: number) =>
    packets.encode({
      type: "response",
      id: 1,
      questions: [{ type: "A", name: "a.b" }],
      answers: [{ type: "A", name: "a.b", ttl, data: "1.2.3.4" }],
    });
  cache.put("a", answer(20));
  await clock.advance(15_000);
  const kept = cache.get("a", 9)!;
  assert.equal(kept.readUInt16BE(0), 9);
  assert.equal(kept.readUInt32BE(ttlOffsetsOf(kept)[0]!), 5);
  await clock.advance(5_000);
  assert.equal(cache.get("a", 9), undefined);
  for (const key of ["b", "c", "d"]) cache.put(key, answer(20));
  assert.equal(cache.get("b", 1), undefined);
  assert.ok(cache.get("d", 1));
  cache.put("zero", answer(0));
  assert.equal(cache.get("zero", 1), undefined);
});

test("name servers of a resolv.conf", () => {
  const file =
    "# x\nnameserver 127.0.0.53\nsearch a.b\n nameserver fe80::1%eth0\nnameserver bad\nnameserver 10.0.0.1 # y\n";
  assert.deepEqual(parseNameservers(file), ["127.0.0.53", "fe80::1", "10.0.0.1"]);
});
