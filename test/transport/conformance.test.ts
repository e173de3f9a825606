import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { duplexPair } from "node:stream";
import { after, before, describe, it } from "node:test";
import { configMaps, namespaces } from "../../src/api/generated/resources.ts";
import { isConflict, isNotFound, StatusError } from "../../src/api/status.ts";
import { createEdge } from "../../src/apiserver/http/edge.ts";
import { startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { systemClock } from "../../src/base/clock.ts";
import { openFrameStream } from "../../src/base/frame-stream.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { ensurePki } from "../../src/bootstrap/pki/ensure-pki.ts";
import { Client } from "../../src/client/client.ts";
import { createHttpTransport } from "../../src/client/http-transport.ts";
import { createInformerSet } from "../../src/client/informer-set.ts";
import { parseKubeconfig } from "../../src/client/kubeconfig.ts";
import { ASK, TELL } from "../../src/client/pipe-protocol.ts";
import { openPipeTransports } from "../../src/client/pipe-transport.ts";
import { type Transport, TransportClosedError, TransportError } from "../../src/client/transport.ts";

interface Fixture {
  /** Speaks as a member of system:masters. */
  readonly transport: Transport;
  /** Speaks as somebody without rights. */
  readonly stranger: Transport;
  readonly server?: string;
  close(): Promise<void>;
}

async function inProcess(): Promise<Fixture> {
  const { server, close } = await startMemoryServer();
  const as = (name: string, groups: string[]): Transport =>
    server.transport({ user: { name, groups }, userAgent: "test" });
  return { transport: as("admin", ["system:masters"]), stranger: as("nobody", ["system:authenticated"]), close };
}

/** As from another process: only bytes pass. */
async function overPipe(): Promise<Fixture> {
  const { server, close } = await startMemoryServer();
  const [ours, theirs] = duplexPair();
  server.servePipe(ours);
  const transports = openPipeTransports(theirs);
  const as = (name: string, groups: string[]): Transport =>
    transports.transport({ user: { name, groups }, userAgent: "test" });
  return {
    transport: as("admin", ["system:masters"]),
    stranger: as("nobody", ["system:authenticated"]),
    async close() {
      transports.close();
      await close();
    },
  };
}

/** TLS with a client certificate, told by a kubeconfig. */
async function overHttp(): Promise<Fixture> {
  let authority = "";
  const { server, close } = await startMemoryServer({ security: { clientAuthority: () => authority } });
  const folder = await mkdtemp(path.join(tmpdir(), "transport-"));
  const pki = await ensurePki({
    directory: path.join(folder, "pki"),
    clock: systemClock,
    random: systemRandom,
    nodeName: "n1",
    names: [],
    addresses: [],
  });
  const { certificate, key } = pki.apiServer;
  authority = pki.authority.certificate;
  const edge = createEdge({
    handler: server.handler,
    tls: { key, cert: certificate, clientCa: pki.authority.certificate },
    clock: systemClock,
    log: silentLogger,
  });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const as = async (pair: { certificate: string; key: string }): Promise<Transport> => {
    const kubeconfig = {
      "current-context": "c",
      clusters: [
        {
          name: "c",
          cluster: {
            server: `https://127.0.0.1:${port}`,
            "certificate-authority-data": base64(pki.authority.certificate),
          },
        },
      ],
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      users: [
        {
          name: "u",
          user: { "client-certificate-data": base64(pair.certificate), "client-key-data": base64(pair.key) },
        },
      ],
    };
    const access = await parseKubeconfig(JSON.stringify(kubeconfig), { file: "config" });
    return createHttpTransport({ ...access, clock: systemClock });
  };
  const transport = await as(pki.superAdmin);
  const stranger = await as(pki.frontProxyClient);
  return {
    transport,
    stranger,
    server: `https://127.0.0.1:${port}`,
    async close() {
      await transport.close();
      await stranger.close();
      await edge.close();
      await close();
      await rm(folder, { recursive: true });
    },
  };
}

for (const [name, open] of [
  ["in process", inProcess],
  ["over a pipe", overPipe],
  ["over HTTP/2 with TLS", overHttp],
] as const) {
  describe(`transport ${name}`, () => {
    let fixture: Fixture;
    let client: Client;
    before(async () => {
      fixture = await open();
      client = new Client(fixture.transport);
      await client.create(namespaces, { metadata: { name: "shop" } });
    });
    after(() => fixture.close());
    const configMap = (mapName: string, data: Record<string, string> = {}) => ({
      metadata: { namespace: "shop", name: mapName },
      data,
    });

    it("creates, reads, patches and deletes", async () => {
      const made = await client.create(configMaps, configMap("a", { x: "ä\n" }));
      assert.ok(made.metadata?.uid);
      const target = { namespace: "shop", name: "a" };
      assert.equal((await client.get(configMaps, target)).data?.x, "ä\n");
      const patched = await client.patch(configMaps, target, { type: "merge", body: { data: { y: "2" } } });
      assert.deepEqual(patched.data, { x: "ä\n", y: "2" });
      await client.delete(configMaps, target, { preconditions: { uid: made.metadata.uid } });
      await assert.rejects(client.get(configMaps, target), isNotFound);
    });

    it("tells a conflict", async () => {
      const made = await client.create(configMaps, configMap("b"));
      await client.update(configMaps, { ...made, data: { x: "1" } });
      await assert.rejects(client.update(configMaps, { ...made, data: { x: "2" } }), isConflict);
    });

    it("lists in pages", async () => {
      for (const letter of ["p", "q", "r"]) {
        await client.create(configMaps, {
          ...configMap(letter),
          metadata: { namespace: "shop", name: letter, labels: { l: "1" } },
        });
      }
      const first = await client.list(configMaps, { namespace: "shop", labelSelector: "l=1", limit: 2 });
      assert.equal(first.items.length, 2);
      const rest = await client.list(configMaps, {
        namespace: "shop",
        labelSelector: "l=1",
        continue: first.metadata.continue!,
      });
      assert.deepEqual(
        rest.items.map((item) => item.metadata?.name),
        ["r"],
      );
    });

    it("lists what is not there", async () => {
      const { items, metadata } = await client.list(configMaps, { namespace: "shop", labelSelector: "l=none" });
      assert.deepEqual(items, []);
      assert.match(metadata.resourceVersion ?? "", /^\d+$/);
    });

    it("tells text", async () => {
      assert.match(await fixture.transport.text({ method: "GET", path: "/metrics" }), /^apiserver_request_total/m);
      await assert.rejects(fixture.transport.text({ method: "GET", path: "/nothing" }), isNotFound);
    });

    it("refuses a watch from what is no revision", async () => {
      const watching = client.watch(configMaps, { namespace: "shop", resourceVersion: "yesterday" });
      await assert.rejects(async () => {
        for await (const event of watching) assert.fail(event.type);
      }, StatusError);
    });

    it("watches from a revision, until it is told to stop", async () => {
      const { metadata } = await client.list(configMaps, { namespace: "shop" });
      const stop = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        const options = { namespace: "shop", resourceVersion: metadata.resourceVersion!, signal: stop.signal };
        for await (const event of client.watch(configMaps, options)) {
          seen.push(`${event.type} ${event.object.metadata?.name}`);
          if (seen.length === 3) stop.abort();
        }
      })();
      const made = await client.create(configMaps, configMap("w"));
      await client.update(configMaps, { ...made, data: { x: "1" } });
      await client.delete(configMaps, { namespace: "shop", name: "w" });
      await watching;
      assert.deepEqual(seen, ["ADDED w", "MODIFIED w", "DELETED w"]);
    });

    it("refuses who may not", async () => {
      const stranger = new Client(fixture.stranger);
      await assert.rejects(stranger.list(configMaps, { namespace: "shop" }), (error) => {
        assert.ok(error instanceof StatusError, String(error));
        assert.ok(error.code === 403 || error.code === 401, String(error.code));
        return true;
      });
    });

    it("carries an informer", async () => {
      const set = createInformerSet({ client, clock: systemClock, random: systemRandom, log: silentLogger });
      const informer = set.informer(configMaps);
      await set.start();
      const added = new Promise<void>((resolve) => {
        informer.subscribe(({ key }) => key === "shop/informed" && resolve());
      });
      await client.create(configMaps, configMap("informed"));
      await added;
      assert.equal(informer.get("shop/informed")?.kind, "ConfigMap");
      await set.stop();
    });
  });
}

it("a transport over a pipe that was closed refuses, and the others go on", async () => {
  const { server, close } = await startMemoryServer();
  const [ours, theirs] = duplexPair();
  server.servePipe(ours);
  // Numbers of requests count round.
  const transports = openPipeTransports(theirs, 0xffffffff);
  const identity = { user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" };
  const [leaving, staying] = [transports.transport(identity), transports.transport(identity)];
  const stop = new AbortController();
  const watching = new Client(staying).watch(configMaps, { resourceVersion: "0", signal: stop.signal });
  const first = watching[Symbol.asyncIterator]().next();
  await leaving.close();
  await assert.rejects(leaving.request({ method: "GET", path: "/api/v1/namespaces" }), TransportClosedError);
  for (let request = 0; request < 3; request++) await new Client(staying).list(namespaces);
  await new Client(staying).create(configMaps, { metadata: { namespace: "default", name: "seen" } });
  assert.equal((await first).done, false);
  stop.abort();
  transports.close();
  await assert.rejects(staying.request({ method: "GET", path: "/api/v1/namespaces" }), TransportClosedError);
  await close();
});

it("a request over a pipe through a door that nobody has opened is answered with an error", async () => {
  const { server, close } = await startMemoryServer();
  const [ours, theirs] = duplexPair();
  server.servePipe(ours);
  const told = Promise.withResolvers<number>();
  const frames = openFrameStream(theirs, { handle: (kind) => told.resolve(kind), over() {} });
  frames.send(ASK.REQUEST, 1, JSON.stringify({ door: 7, wants: "object", method: "GET", path: "/api" }));
  assert.equal(await told.promise, TELL.FAILED);
  frames.close();
  await close();
});

it("a client over HTTP does not talk to a server of an authority that it does not know", async () => {
  const fixture = await overHttp();
  try {
    const transport = createHttpTransport({ server: fixture.server!, clock: systemClock });
    await assert.rejects(transport.request({ method: "GET", path: "/api" }), TransportError);
    await transport.close();
  } finally {
    await fixture.close();
  }
});
