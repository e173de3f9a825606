import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { SWITCHABLE } from "../api/feature-gates.ts";
import { clusterRoleBindings, clusterRoles, leases } from "../api/generated/resources.ts";
import { sleep, systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { systemRandom } from "../base/random.ts";
import { SpanRing } from "../base/trace.ts";
import { Client } from "../client/client.ts";
import { createHttpTransport } from "../client/http-transport.ts";
import { readKubeconfig } from "../client/kubeconfig.ts";
import type { Transport } from "../client/transport.ts";
import { type Environment, silentProgress } from "./environment.ts";
import { type OpenedServer, openServer } from "./server.ts";
import { type Started, stopAll } from "./stop.ts";

for (const off of [false, true]) {
  describe(`a server ${off ? "without" : "with"} the features that can be switched off`, () => {
    const directory = mkdtempSync(join(tmpdir(), "wherry-features-"));
    const tokens = join(directory, "tokens.csv");
    const started: Started[] = [];
    const environment: Environment = {
      ...{ clock: systemClock, random: systemRandom, log: silentLogger, progress: silentProgress },
      ...{ spans: new SpanRing({ clock: systemClock, random: systemRandom }), metrics: new Metrics() },
    };
    let transport: Transport;
    let server: OpenedServer;
    before(async () => {
      const kubeconfig = join(directory, "kubeconfig");
      const options = { dataDirectory: directory, kubeconfig, nodeName: "boat", bind: "127.0.0.1", port: 0 };
      writeFileSync(tokens, "of-jo,jo,1\n");
      const featuresOff = new Set(off ? SWITCHABLE : []);
      server = await openServer(
        { ...options, featuresOff, authentication: { tokenFile: tokens } },
        { environment, output: { notice: () => {} }, started },
      );
      transport = createHttpTransport({ ...(await readKubeconfig(kubeconfig)), clock: systemClock });
    });
    after(async () => {
      await transport.close();
      await stopAll(started, { keepPods: false }, environment);
      rmSync(directory, { recursive: true, force: true });
    });

    const getText = (path: string, query: Record<string, string> = {}) =>
      transport.text({ method: "GET", path, query });
    const raw = async (path: string, headers: Record<string, string>): Promise<IncomingMessage> => {
      const { hostname: host, port } = new URL(server.url);
      const ca = readFileSync(join(directory, "pki", "ca.crt"), "utf8");
      const [answer] = await once(
        request({ host, port, path, headers, ca, servername: "localhost" }).end(),
        "response",
      );
      return answer as IncomingMessage;
    };

    test("the Lease of the server, and the steps of the start that keep it", async () => {
      const find = () =>
        new Client(transport).list(leases, {
          namespace: "kube-system",
          labelSelector: "apiserver.kubernetes.io/identity=kube-apiserver",
        });
      let { items } = await find();
      // It is written when the server is at work already.
      for (let tries = 0; !off && items.length === 0 && tries < 100; tries++) {
        await sleep(systemClock, 20);
        ({ items } = await find());
      }
      assert.equal(items.length, off ? 0 : 1);
      const health = await getText("/livez", { verbose: "1" });
      assert.equal(/identity-lease/.test(health), !off, health);
    });

    test("pages about the server", async () => {
      for (const page of ["/statusz", "/flagz"]) {
        // Who takes neither of its forms is told so, where there is a page.
        await assert.rejects(getText(page), { code: off ? 404 : 406 });
        assert.equal(JSON.parse(await getText("/")).paths.includes(page), !off);
      }
    });

    test("hashes of stored versions in discovery", async () => {
      assert.equal((await getText("/apis/apps/v1")).includes("storageVersionHash"), !off);
    });

    test("watches that begin with what is there", async () => {
      const query = {
        watch: "1",
        sendInitialEvents: "true",
        resourceVersionMatch: "NotOlderThan",
        timeoutSeconds: "1",
      };
      const watching = getText("/api/v1/namespaces", query);
      if (!off) return void assert.match(await watching, /"ADDED"/);
      await assert.rejects(
        watching,
        /sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled/,
      );
    });

    test("compressed answers", async () => {
      const headers = { authorization: "Bearer of-jo", "accept-encoding": "gzip" };
      const answer = await raw("/openapi/v3/apis/apps/v1", headers);
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.headers["content-encoding"], off ? undefined : "gzip");
      answer.resume();
    });

    test("rights to act as somebody else for some requests only", async () => {
      const client = new Client(transport);
      const rules = [{ verbs: ["list", "impersonate-on:user-info:list"], apiGroups: ["*"], resources: ["*"] }];
      const constrained = {
        verbs: ["impersonate:user-info"],
        apiGroups: ["authentication.k8s.io"],
        resources: ["users"],
      };
      await client.create(clusterRoles, { metadata: { name: "jo" }, rules: [...rules, constrained] });
      await client.create(clusterRoleBindings, {
        metadata: { name: "jo" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "jo" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jo" }],
      });
      const headers = { authorization: "Bearer of-jo", "impersonate-user": "jane" };
      const answer = await raw("/api/v1/namespaces", headers);
      const body = await text(answer);
      assert.equal(answer.statusCode, 403, body);
      // With the right she acts as jane, who may do nothing; without it she may not even act as her.
      assert.equal(/User \\"jane\\" cannot list/.test(body), !off, body);
    });
  });
}
