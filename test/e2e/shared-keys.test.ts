import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Secret } from "../../src/api/generated/core/v1.ts";
import { namespaces, secrets, serviceAccounts } from "../../src/api/generated/resources.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Client } from "../../src/client/client.ts";
import { createHttpTransport } from "../../src/client/http-transport.ts";
import { type ClusterAccess, readKubeconfig } from "../../src/client/kubeconfig.ts";
import { startEtcd, withoutEtcd } from "../support/etcd.ts";
import { eventually } from "../support/eventually.ts";
import { run } from "../support/run.ts";
import { type SharedServer, startServers } from "../support/servers.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const directoryOf = (server: SharedServer): string => dirname(server.kubeconfig);
const pkiFile = (server: SharedServer, file: string): string =>
  readFileSync(join(directoryOf(server), "pki", file), "utf8");

/** `wherry` on the machine of a server. */
async function wherry(server: SharedServer, ...words: string[]): Promise<{ code: number; output: string }> {
  const options = { timeoutMs: 90_000 };
  const { code, stdout, stderr } = await run(
    process.execPath,
    [MAIN, ...words, "--data-dir", directoryOf(server)],
    options,
  );
  return { code, output: stdout + stderr };
}

test("keys that are exchanged on one of three servers reach all, and nobody is refused meanwhile", {
  skip: withoutEtcd(),
  timeout: 180_000,
}, async (context) => {
  const etcd = await startEtcd({});
  context.after(() => etcd.stop());
  const { servers, remove } = await startServers(3, ["--etcd-servers", etcd.urls.join(",")]);
  context.after(remove);
  const [one, two, away] = servers as [SharedServer, SharedServer, SharedServer];
  const before = await readKubeconfig(one.kubeconfig);
  /** As somebody with this access, at any of the servers. */
  const at = (server: SharedServer, access: ClusterAccess): Client =>
    new Client(createHttpTransport({ ...access, server: server.url, clock: systemClock }));
  const admin = at(one, before);
  await admin.create(secrets, {
    metadata: { namespace: "default", name: "s" },
    stringData: { word: "kept" },
  } as Secret);
  const tokenRequest = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: [] } };
  const target = { namespace: "default", name: "default" };
  const options = { subresource: "token", target } as object;
  const { status } = (await admin.create(serviceAccounts, tokenRequest as object, options)) as {
    status?: { token?: string };
  };
  const { clientCertificate: _certificate, clientKey: _key, ...anybody } = before;
  const bearer: ClusterAccess = { ...anybody, token: async () => status?.token ?? "" };

  // Somebody with a copy of the old kubeconfig and a pod with an old token ask all the time, now here, now there.
  const asking = new AbortController();
  context.after(() => asking.abort());
  const refused: string[] = [];
  let answers = 0;
  const ask = async (name: string, client: Client, request: () => Promise<unknown>): Promise<void> => {
    while (!asking.signal.aborted) {
      try {
        await request();
        answers++;
      } catch (error) {
        refused.push(`${name}: ${String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.transport.close();
  };
  const loads = [one, two].flatMap((server) => {
    const [people, pod] = [at(server, before), at(server, bearer)];
    return [
      ask(`people at ${server.name}`, people, () => people.get(secrets, { namespace: "default", name: "s" })),
      // It may not, but it is known: 403, never 401.
      ask(`a pod at ${server.name}`, pod, () =>
        pod.list(namespaces).catch((error: { code?: number }) => {
          if (error.code !== 403) throw error;
        }),
      ),
    ];
  });

  await away.end("SIGTERM");
  const rotated = await wherry(two, "certs", "rotate");
  assert.equal(rotated.code, 0, rotated.output);
  assert.equal(pkiFile(one, "ca.crt"), pkiFile(two, "ca.crt"));
  assert.notEqual(pkiFile(away, "ca.crt"), pkiFile(one, "ca.crt"));
  await eventually("the kubeconfig follows", async () => {
    const fresh = await readKubeconfig(one.kubeconfig);
    return fresh.certificateAuthority !== before.certificateAuthority;
  });
  const fresh = await readKubeconfig(one.kubeconfig);
  for (const server of [one, two]) {
    const client = at(server, fresh);
    assert.equal((await client.get(secrets, { namespace: "default", name: "s" })).metadata?.name, "s");
    await client.transport.close();
  }
  asking.abort();
  await Promise.all(loads);
  assert.deepEqual(refused.slice(0, 5), []);
  assert.ok(answers > 50, `${answers} answers`);

  await away.up();
  assert.equal(pkiFile(away, "ca.crt"), pkiFile(one, "ca.crt"));
  assert.equal((await wherry(one, "certs", "rotate", "--finish")).code, 0);
  const old = at(away, before);
  await eventually("the old certificate counts nowhere", async () => {
    const outcome = await old.list(namespaces).then(
      () => 200,
      (error: { code?: number }) => error.code,
    );
    return outcome !== 200;
  });

  const keyBefore = pkiFile(one, "encryption-configuration.json");
  const exchanged = await wherry(away, "secrets", "rotate-key");
  assert.equal(exchanged.code, 0, exchanged.output);
  await eventually("all have the one new key", () =>
    [two, away].every(
      (server) => pkiFile(server, "encryption-configuration.json") === pkiFile(one, "encryption-configuration.json"),
    ),
  );
  assert.notEqual(pkiFile(one, "encryption-configuration.json"), keyBefore);
  for (const server of servers) {
    const client = await server.client();
    const { data } = await client.get(secrets, { namespace: "default", name: "s" });
    assert.equal(Buffer.from(data?.word ?? "", "base64").toString(), "kept", server.name);
    await client.transport.close();
  }
  await eventually("all are told to be up to date", async () => {
    const { output } = await wherry(two, "certs", "servers");
    return output.match(/ yes +current/g)?.length === 3;
  });
});
