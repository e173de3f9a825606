import assert from "node:assert/strict";
import { once } from "node:events";
import { createSecureServer } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import { after, test } from "node:test";
import { createServer as createTlsServer, type PeerCertificate, type TLSSocket } from "node:tls";
import { selfSigned } from "../../../../src/apiserver/testing/self-signed.ts";
import { settingsFrame } from "../../../../src/base/http2/frames.ts";
import type { Target } from "../job.ts";
import { openSession } from "./open-session.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers with whom it sees. */
async function named(options: { dns?: readonly string[]; addresses?: readonly string[] }) {
  const tls = await selfSigned(options);
  const server = createSecureServer({ ...tls, ca: tls.cert, requestCert: true, rejectUnauthorized: false });
  server.on("stream", (stream) => {
    const socket = stream.session?.socket as TLSSocket;
    const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>;
    stream.respond({ ":status": 400 });
    stream.end(`${subject?.CN ?? "nobody"} asks ${socket.servername || "nobody"}`);
  });
  return { url: await listening(server), certificateAuthority: tls.cert, ...tls };
}

async function seen(target: Target): Promise<string> {
  const session = await openSession(target);
  try {
    const headers = [":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/"];
    return (await session.request({ headers, body: [] })).text;
  } finally {
    session.close();
  }
}

test("the server's certificate must be for its address, or for the name that it was told to have", async () => {
  const { url, certificateAuthority } = await named({ dns: ["api.example"] });
  await assert.rejects(seen({ url, certificateAuthority }), /altnames/);
  await assert.rejects(seen({ url, tlsServerName: "api.example" }), /self-signed/);
  assert.equal(await seen({ url, certificateAuthority, tlsServerName: "api.example" }), "nobody asks api.example");
  assert.equal(await seen({ url, insecureSkipTlsVerify: true }), "nobody asks nobody");
});

test("a host with a name asks for it", async () => {
  const { url, certificateAuthority } = await named({ dns: ["localhost"] });
  const { port } = new URL(url);
  assert.equal(await seen({ url: `https://localhost:${port}`, certificateAuthority }), "nobody asks localhost");
});

test("a client's certificate is shown", async () => {
  const { url, certificateAuthority, cert, key } = await named({ addresses: ["127.0.0.1"] });
  const target: Target = { url, certificateAuthority, clientCertificate: cert, clientKey: key };
  assert.equal(await seen(target), "test asks nobody");
});

test("a server that does not speak HTTP/2 is told", async () => {
  const url = await listening(createTlsServer({ ...(await selfSigned()) }));
  await assert.rejects(openSession({ url, insecureSkipTlsVerify: true }), /does not speak HTTP\/2/);
});

test("a server that ends the connection without a word is told", async () => {
  const server = createTlsServer({ ...(await selfSigned()), ALPNProtocols: ["h2"] }, (socket) => {
    socket.on("error", () => {});
    socket.write(settingsFrame([]));
    socket.once("data", () => socket.end());
  });
  const target = { url: await listening(server), insecureSkipTlsVerify: true };
  await assert.rejects(seen(target), /the server closed the connection/);
});

test("a server that is not there, or goes at once, is told", async () => {
  const url = await listening(createServer((socket) => socket.destroy()));
  await assert.rejects(openSession({ url, insecureSkipTlsVerify: true }), /ECONNRESET|disconnected/);
  servers.at(-1)?.close();
  await assert.rejects(openSession({ url, insecureSkipTlsVerify: true }), /ECONNREFUSED/);
});
