import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { ApiObject } from "../../api/meta.ts";
import { systemClock } from "../../base/clock.ts";
import type { Answer, Exchange } from "../exchange.ts";
import { requestInfo } from "../request-info.ts";
import { headerRecord } from "../testing/header-record.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { takesGzip } from "./gzip.ts";
import type { Sink } from "./sink.ts";
import { writeAnswer } from "./write-answer.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

suite("compressed answers", () => {
  let memory: MemoryServer;
  before(async () => {
    memory = await startMemoryServer();
    const configMaps = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
    for (let index = 0; index < 40; index++) {
      const metadata = { name: `m${index}`, namespace: "default", labels: { few: String(index < 2) } };
      await memory.client.create(configMaps, { metadata, data: { text: `${index} `.repeat(3000) } } as ApiObject);
    }
    const metadata = { name: "large", namespace: "other" };
    await memory.client.create(configMaps, { metadata, data: { text: "large ".repeat(40_000) } } as ApiObject);
  });
  after(() => memory.close());

  /** What a GET sends: its headers, and each piece of its body. */
  async function get(url: string, headers: Record<string, string>, method = "GET") {
    const { pathname: path, searchParams: query } = new URL(url, "https://server");
    const body = { contentType: "", read: async () => Buffer.alloc(0) };
    const exchange: Exchange = {
      ...{ method, path, query, headers, info: requestInfo(method, path, query), credentials: { headers }, body },
      user: { name: "admin", groups: ["system:masters"] },
      signal: new AbortController().signal,
      warnings: [],
    };
    const answer: Answer = await memory.server.handler(exchange);
    const pieces: Buffer[] = [];
    let head: Record<string, string | string[]> = {};
    let waited = 0;
    const sink: Sink = {
      head: (_code, sent) => void (head = headerRecord(sent)),
      // A reader that is slow: every piece has to be waited for.
      write: (chunk) => void pieces.push(Buffer.from(chunk)) as unknown as boolean,
      writeAll: (chunks) => void pieces.push(...chunks.map((chunk) => Buffer.from(chunk))) as unknown as boolean,
      drained: async () => void waited++,
      end: (chunk) => void (chunk !== undefined && pieces.push(Buffer.from(chunk))),
      abort: () => assert.fail("broken off"),
      written: () => 0,
    };
    await writeAnswer(answer, exchange, sink, systemClock);
    return { head, body: Buffer.concat(pieces), pieces: pieces.length, waited };
  }

  const gzip = { "accept-encoding": "gzip" };

  for (const accept of [
    "application/json",
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/vnd.kubernetes.protobuf",
    "application/yaml",
  ]) {
    test(`a list as ${accept} is the same bytes, compressed or not`, async () => {
      const url = accept.includes("Partial") ? `${MAPS}?includeObject=Object` : MAPS;
      const plain = await get(url, { accept });
      const packed = await get(url, { accept, ...gzip });
      assert.equal(plain.head["content-encoding"], undefined);
      if (plain.body.length <= 128 * 1024) return assert.deepEqual(packed.body, plain.body);
      assert.equal(packed.head["content-encoding"], "gzip");
      assert.equal(packed.head.vary, "Accept-Encoding");
      assert.equal(packed.waited, packed.pieces, "no faster than the reader");
      assert.ok(packed.body.length * 3 < plain.body.length, `${packed.body.length} of ${plain.body.length} bytes`);
      assert.deepEqual(gunzipSync(packed.body), plain.body);
    });
  }

  test("one large object is compressed, with its length", async () => {
    const { head, body } = await get("/api/v1/namespaces/other/configmaps/large", gzip);
    assert.equal(head["content-encoding"], "gzip");
    assert.equal(head["content-length"], String(body.length));
    assert.equal(JSON.parse(gunzipSync(body).toString()).metadata.name, "large");
  });

  test("what is small stays as it is", async () => {
    const { head, body } = await get(`${MAPS}?labelSelector=few%3Dtrue`, gzip);
    assert.equal(head["content-encoding"], undefined);
    assert.equal(JSON.parse(body.toString()).items.length, 2);
  });

  test("HEAD has no body, large or not", async () => {
    for (const url of [MAPS, "/api/v1/namespaces/other/configmaps/large"]) {
      assert.equal((await get(url, gzip, "HEAD")).body.length, 0);
    }
  });
});

test("who takes gzip", () => {
  const rows: [string | undefined, boolean][] = [
    [undefined, false],
    ["gzip", true],
    ["deflate, gzip;q=0.5, br", true],
    ["GZIP", true],
    ["gzip;q=0", false],
    ["gzip; q=0.0", false],
    ["identity", false],
    ["x-gzip-like", false],
  ];
  for (const [header, expected] of rows) {
    assert.equal(takesGzip(header === undefined ? {} : { "accept-encoding": header }), expected, header);
  }
});
