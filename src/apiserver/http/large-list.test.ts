import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { request } from "node:https";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { nextTurn } from "../../base/turn.ts";
import { largeList } from "../testing/large-list.ts";
import { selfSigned } from "../testing/self-signed.ts";
import { createEdge, type Edge } from "./edge.ts";
import { encodeList } from "./encode-list.ts";
import { negotiate } from "./negotiate.ts";

const list = largeList();
const PATH = "/api/v1/pods";
const ACCEPTS = [
  "application/json",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
];
const clock = { ...systemClock, now: () => Date.UTC(2026, 1) };

let edge: Edge;
let port: number;
let session: ClientHttp2Session;

before(async () => {
  const tls = await selfSigned();
  const handler = async () => list;
  edge = createEdge({ tls: { ...tls, clientCa: tls.cert }, clock, log: silentLogger, handler });
  port = await edge.listen({ host: "127.0.0.1", port: 0 });
  session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
});
after(async () => {
  session.close();
  await edge.close();
});

async function expected(accept: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const format = negotiate(accept, new URLSearchParams(), { hasProtobuf: true, hasTable: true, userAgent: undefined });
  for await (const block of encodeList(list, format, clock)) chunks.push(...block);
  return Buffer.concat(chunks);
}

/** Reads as one who has other things to do between. */
async function slowly(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    await nextTurn();
  }
  return Buffer.concat(chunks);
}

function overHttp2(headers: Record<string, string>): Promise<Buffer> {
  return slowly(session.request({ ":path": PATH, ...headers }));
}

async function overHttp1(headers: Record<string, string>): Promise<Buffer> {
  const sent = request({ host: "127.0.0.1", port, path: PATH, headers, rejectUnauthorized: false }).end();
  const [response] = await once(sent, "response");
  assert.ok(response instanceof Readable);
  return slowly(response);
}

for (const accept of ACCEPTS) {
  test(`a large list as ${accept} comes as it is over both protocols, to many readers at once`, async () => {
    const wanted = await expected(accept);
    assert.ok(wanted.length > 300_000);
    const gzip = { accept, "accept-encoding": "gzip" };
    const answers = await Promise.all([
      overHttp2({ accept }),
      overHttp1({ accept }),
      overHttp2({ accept }),
      overHttp2(gzip).then((packed) => gunzipSync(packed)),
      overHttp1(gzip).then((packed) => gunzipSync(packed)),
    ]);
    for (const answer of answers) assert.ok(answer.equals(wanted));
  });
}
