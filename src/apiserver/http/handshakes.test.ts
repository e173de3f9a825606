import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import type { ServerTls } from "../../base/server-tls.ts";
import { createTestAuthority } from "../../base/testing/certificates.ts";
import { textAnswer } from "../exchange.ts";
import { createEdge, type Edge } from "./edge.ts";

const authority = createTestAuthority();
const tls = (name: string): ServerTls => ({ ...authority.issue(name), clientCa: authority.ca });
const [usual, special, named] = [tls("usual"), tls("special"), tls("named")];

let edge: Edge;
let port: number;
let asked: string[] = [];

before(async () => {
  edge = createEdge({
    tls: {
      byName(name) {
        asked.push(name);
        if (name === "broken.example.com") return { ...named, key: "none" };
        return named;
      },
      byAddress: (address) => (address === "127.0.0.2" ? special : usual),
    },
    ...{ clock: systemClock, log: silentLogger, handler: () => textAnswer("here") },
  });
  port = await edge.listen({ host: "0.0.0.0", port: 0 });
});
after(() => edge.close());

async function shown(host: string, servername?: string): Promise<string> {
  const socket = connect({ host, port, ca: authority.ca, checkServerIdentity: () => undefined, servername });
  await once(socket, "secureConnect");
  const { subject } = socket.getPeerX509Certificate()!;
  socket.destroy();
  return subject;
}

test("who names no server is shown what is for the address that it came to", async () => {
  assert.equal(await shown("127.0.0.1"), "CN=usual");
  assert.equal(await shown("127.0.0.2"), "CN=special");
});

test("who names one is shown what is for the name, whatever the address", async () => {
  asked = [];
  assert.equal(await shown("127.0.0.2", "a.example.com"), "CN=named");
  assert.deepEqual(asked, ["a.example.com"]);
});

test("what TLS cannot speak with ends that handshake alone, and is not taken for everybody", async () => {
  await assert.rejects(shown("127.0.0.1", "broken.example.com"));
  assert.throws(() => edge.setTls({ ...usual, key: "none" }));
  assert.equal(await shown("127.0.0.1"), "CN=usual");
  edge.setTls(special);
  assert.equal(await shown("127.0.0.1"), "CN=special");
  assert.equal(await shown("127.0.0.1", "a.example.com"), "CN=special");
});
