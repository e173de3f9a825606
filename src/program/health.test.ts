import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sleep, systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { systemRandom } from "../base/random.ts";
import { SpanRing } from "../base/trace.ts";
import { createHttpTransport } from "../client/http-transport.ts";
import { readKubeconfig } from "../client/kubeconfig.ts";
import { type Environment, silentProgress } from "./environment.ts";
import { openServer } from "./server.ts";
import { type Started, stopAll } from "./stop.ts";

/** What upstream's own end-to-end test looks for, in the order in which upstream lists it. */
const STARTED = `
[+]poststarthook/start-apiserver-admission-initializer ok
[+]poststarthook/generic-apiserver-start-informers ok
[+]poststarthook/start-apiextensions-informers ok
[+]poststarthook/start-apiextensions-controllers ok
[+]poststarthook/crd-informer-synced ok
[+]poststarthook/start-system-namespaces-controller ok
[+]poststarthook/start-cluster-authentication-info-controller ok
[+]poststarthook/rbac/bootstrap-roles ok
[+]poststarthook/scheduling/bootstrap-system-priority-classes ok
[+]poststarthook/priority-and-fairness-config-producer ok
[+]poststarthook/bootstrap-controller ok
[+]poststarthook/start-kube-aggregator-informers ok
[+]poststarthook/apiservice-registration-controller ok
[+]poststarthook/kube-apiserver-autoregistration ok
[+]autoregister-completion ok
[+]poststarthook/apiservice-openapi-controller ok
[+]poststarthook/apiservice-openapiv3-controller ok`;

describe("the health of a server that has started", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-health-"));
  const started: Started[] = [];
  const environment: Environment = {
    ...{ clock: systemClock, random: systemRandom, log: silentLogger, progress: silentProgress },
    ...{ spans: new SpanRing({ clock: systemClock, random: systemRandom }), metrics: new Metrics() },
  };
  let transport: ReturnType<typeof createHttpTransport>;

  before(async () => {
    const kubeconfig = join(directory, "kubeconfig");
    const options = { dataDirectory: directory, kubeconfig, nodeName: "boat", bind: "127.0.0.1", port: 0 };
    await openServer(options, { environment, output: { notice: () => {} }, started });
    transport = createHttpTransport({ ...(await readKubeconfig(kubeconfig)), clock: systemClock });
    const isReady = () =>
      ask("/readyz").then(
        () => true,
        () => false,
      );
    for (let tries = 0; tries < 200 && !(await isReady()); tries++) await sleep(systemClock, 25);
  });
  after(async () => {
    await transport.close();
    await stopAll(started, { keepPods: false }, environment);
    rmSync(directory, { recursive: true, force: true });
  });

  async function ask(path: string): Promise<string> {
    const [plain = "", query = ""] = path.split("?");
    return transport.text({ method: "GET", path: plain, query: Object.fromEntries(new URLSearchParams(query)) });
  }

  for (const root of ["healthz", "livez", "readyz"]) {
    test(`/${root} lists the steps of the start by upstream's names`, async () => {
      const text = await ask(`/${root}?verbose=1`);
      const wanted = STARTED.trim().split("\n");
      const listed = text.split("\n").filter((line) => wanted.includes(line));
      assert.deepEqual(listed, wanted, text);
    });
  }

  test("each step is a path of its own, also one whose name has a slash", async () => {
    for (const name of ["autoregister-completion", "poststarthook/rbac/bootstrap-roles"]) {
      assert.equal(await ask(`/readyz/${name}`), "ok", name);
      assert.equal(await ask(`/livez/${name}`), "ok", name);
    }
  });
});
