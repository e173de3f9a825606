import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { STRONG_CIPHERS } from "../../base/server-tls.ts";
import { handshake, isOpen, weaknesses } from "./handshake.ts";

/** A certificate of no authority: who looks for weaknesses does not ask whose it is. */
async function selfSigned(): Promise<{ key: string; cert: string }> {
  const { bitString, explicit, integer, objectIdentifier, sequence, set, time, utf8String } = await import(
    "../../base/der.ts"
  );
  const { sign } = await import("node:crypto");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
  const name = sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String("test"))));
  const now = Date.now();
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    ...[integer(Buffer.from([1])), algorithm, name, sequence(time(now - 60_000), time(now + 3_600_000)), name],
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signed = sequence(body, algorithm, bitString(sign("sha256", body, privateKey)));
  const cert = `-----BEGIN CERTIFICATE-----\n${signed.toString("base64")}\n-----END CERTIFICATE-----\n`;
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }) as string, cert };
}

describe("what a server agrees to", () => {
  const servers: Server[] = [];
  let pair: { key: string; cert: string };
  before(async () => {
    pair = await selfSigned();
  });
  after(() => {
    for (const server of servers) server.close();
  });

  async function listen(options: TlsOptions): Promise<{ host: string; port: number }> {
    const server = createServer({ ...pair, ...options }, (socket) => socket.on("error", () => {}));
    server.on("tlsClientError", () => {});
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { host: "127.0.0.1", port: (server.address() as { port: number }).port };
  }

  test("a strong one has no weaknesses", async () => {
    const endpoint = await listen({ ciphers: STRONG_CIPHERS, minVersion: "TLSv1.2" });
    assert.deepEqual(await weaknesses(endpoint), []);
    assert.equal((await handshake(endpoint, {}))?.protocol, "TLSv1.3");
  });

  test("old protocols and weak ciphers are found", async () => {
    const endpoint = await listen({ ciphers: "ALL:@SECLEVEL=0", minVersion: "TLSv1" });
    const found = await weaknesses(endpoint);
    assert.ok(found.includes("TLSv1.1"), found.join());
    assert.ok(found.includes("ECDHE-ECDSA-AES128-SHA"), found.join());
  });

  test("a closed port is closed", async () => {
    const endpoint = await listen({});
    assert.equal(await isOpen(endpoint), true);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    assert.equal(await isOpen(endpoint), false);
  });
});
