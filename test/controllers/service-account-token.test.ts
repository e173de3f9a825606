import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { TokenReview } from "../../src/api/generated/authentication.k8s.io/v1.ts";
import { namespaces, secrets, serviceAccounts, tokenReviews } from "../../src/api/generated/resources.ts";
import type { ResourceReference } from "../../src/api/meta.ts";
import { isNotFound } from "../../src/api/status.ts";
import { startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { signingKey, signToken } from "../../src/base/json-web-token.ts";
import { silentLogger } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createEventRecorder } from "../../src/client/event-recorder.ts";
import { createInformerSet } from "../../src/client/informer-set.ts";
import { runControllers } from "../../src/controllers/runner.ts";
import { serviceAccountTokenController } from "../../src/controllers/serviceaccount-token/reconcile.ts";
import { eventually } from "../support/eventually.ts";

/** The generated type says nothing of the review in it. */
const reviews = tokenReviews as ResourceReference<TokenReview>;

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

test("a Secret gets its account's token, which is good until one of them is gone", async (t) => {
  const { client, clock, close } = await startMemoryServer({
    security: { serviceAccountKeys: { privateKey, publicKey } },
  });
  const random = seededRandom(2);
  const log = silentLogger;
  const stop = new AbortController();
  const key = signingKey(privateKey);
  const running = runControllers({
    factories: {
      "serviceaccount-token-controller": serviceAccountTokenController(() => ({
        authority: "THE CLUSTER",
        sign: (claims) => signToken(claims, key),
      })),
    },
    dependenciesFor: () => ({
      client,
      informers: createInformerSet({ client, clock, random, log }),
      events: createEventRecorder({ client, component: "controllers", clock, random, log }),
      clock,
      random,
      log,
    }),
    signal: stop.signal,
    log,
  });
  t.after(async () => {
    stop.abort();
    await running.stopped;
    await close();
  });
  await running.started;
  await client.create(namespaces, { metadata: { name: "shop" } });
  await client.create(serviceAccounts, { metadata: { name: "builder", namespace: "shop" } });
  const annotations = { "kubernetes.io/service-account.name": "builder" };
  const type = "kubernetes.io/service-account-token";
  await client.create(secrets, { metadata: { name: "token", namespace: "shop", annotations }, type });
  const target = { namespace: "shop", name: "token" };
  const filled = await eventually("the token", async () => {
    const found = await client.get(secrets, target);
    return found.data?.token ? found : undefined;
  });
  const plain = (name: string) => Buffer.from(filled.data?.[name] ?? "", "base64").toString();
  assert.deepEqual([plain("ca.crt"), plain("namespace")], ["THE CLUSTER", "shop"]);
  const account = await client.get(serviceAccounts, { namespace: "shop", name: "builder" });
  assert.equal(filled.metadata?.annotations?.["kubernetes.io/service-account.uid"], account.metadata?.uid);

  const review = async () => (await client.create(reviews, { spec: { token: plain("token") } } as TokenReview)).status;
  assert.deepEqual(await review(), {
    authenticated: true,
    user: {
      username: "system:serviceaccount:shop:builder",
      uid: account.metadata?.uid,
      groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
    },
    audiences: ["https://kubernetes.default.svc"],
  });
  const used = (await client.get(secrets, target)).metadata?.labels;
  assert.equal(used?.["kubernetes.io/legacy-token-last-used"], "2026-01-01", "the day of its use");

  const mark = async (day: string) => {
    const labels = { "kubernetes.io/legacy-token-invalid-since": day };
    await client.patch(secrets, target, { type: "merge", body: { metadata: { labels } } });
  };
  await mark("2026-01-01");
  assert.match((await review())?.error ?? "", /has been marked invalid/);
  await mark("");
  assert.equal((await review())?.authenticated, true, "an empty mark");
  await mark("2026-01-01");
  await client.delete(serviceAccounts, { namespace: "shop", name: "builder" });
  assert.match((await review())?.error ?? "", /has been (marked invalid|deleted|invalidated)/);
  const isGone = () => client.get(secrets, target).then(() => false, isNotFound);
  await eventually("the end of the Secret", isGone);
  assert.match((await review())?.error ?? "", /service account token has been invalidated/);
});
