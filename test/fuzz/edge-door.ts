import { mkdtemp, rm } from "node:fs/promises";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { tmpdir } from "node:os";
import path from "node:path";
import { createEdge } from "../../src/apiserver/http/edge.ts";
import type { MemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { ensurePki, type Pki } from "../../src/bootstrap/pki/ensure-pki.ts";
import type { Door, FuzzAnswer } from "./door.ts";
import type { FuzzRequest } from "./requests.ts";

/** How long a stream is looked at. */
const STREAM_MS = 5;

/** Keys and certificates for servers that are asked over TLS. */
export async function withPki<T>(use: (pki: Pki) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "fuzz-"));
  try {
    const directory = path.join(folder, "pki");
    const names = { nodeName: "n1", names: [], addresses: [] };
    return await use(await ensurePki({ directory, clock: systemClock, random: systemRandom, ...names }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The real edge on loopback, HTTP/2 over TLS with an administrator's certificate. */
export async function edgeDoor({ server }: MemoryServer, pki: Pki): Promise<Door> {
  const { certificate, key } = pki.apiServer;
  const edge = createEdge({
    handler: server.handler,
    tls: { key, cert: certificate, clientCa: pki.authority.certificate },
    clock: systemClock,
    log: silentLogger,
  });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  const open = () => {
    const { certificate: cert, key } = pki.superAdmin;
    const made = connect(`https://127.0.0.1:${port}`, { ca: pki.authority.certificate, cert, key });
    return made.on("error", () => {});
  };
  let session = open();
  return {
    send(request) {
      if (session.closed || session.destroyed) session = open();
      return ask(session, request);
    },
    async close() {
      session.destroy();
      await edge.close();
    },
  };
}

function ask(session: ReturnType<typeof connect>, request: FuzzRequest): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const isEmpty = request.body.length === 0;
    const stream = session.request(
      { ...request.headers, ":method": request.method, ":path": request.url },
      { endStream: isEmpty },
    );
    const chunks: Buffer[] = [];
    let head: IncomingHttpHeaders = {};
    let isStream = false;
    stream.on("response", (headers) => {
      head = headers;
      const isWatch = /[?&]watch=/.test(request.url) && headers["content-length"] === undefined;
      if (!isWatch) return;
      isStream = true;
      setTimeout(() => stream.close(), STREAM_MS);
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      const headers = Object.fromEntries(Object.entries(head).map(([name, value]) => [name, String(value)]));
      resolve({ code: Number(head[":status"] ?? 0), headers, body: Buffer.concat(chunks), isStream });
    });
    if (!isEmpty) stream.end(request.body);
  });
}
