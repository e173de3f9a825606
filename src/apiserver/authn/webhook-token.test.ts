import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createWebhookClient } from "../outgoing/create-webhook-client.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { writeWebhookKubeconfig } from "../testing/webhook-kubeconfig.ts";
import { startWebhookServer, type WebhookResponder } from "../testing/webhook-server.ts";
import { BadCredentialsError } from "./authenticator.ts";
import { openAuthentication } from "./open-authentication.ts";
import { reviewToken } from "./reviews.ts";

async function world(respond: WebhookResponder, version?: "v1beta1") {
  const directory = mkdtempSync(join(tmpdir(), "wherry-token-"));
  const hook = await startWebhookServer(respond);
  const configFile = join(directory, "kubeconfig");
  writeWebhookKubeconfig(configFile, hook);
  const [clock, reader] = [new VirtualClock(), new MemoryReader()];
  const webhooks = createWebhookClient({ reader, clock, random: seededRandom(1) });
  const authentication = await openAuthentication(
    { webhook: { configFile, ...(version === undefined ? {} : { version }) } },
    {
      reader,
      clock,
      log: silentLogger,
      webhooks,
      transport: () => {
        throw new Error("nothing is written here");
      },
      keys: [],
      issuers: ["https://kubernetes.default.svc"],
      audiences: ["https://kubernetes.default.svc"],
    },
  );
  return {
    hook,
    clock,
    authentication,
    who: (token: string) => authentication.authenticate({ headers: { authorization: `Bearer ${token}` } }),
    async close() {
      await authentication.close();
      await webhooks.close();
      await hook.close();
      rmSync(directory, { recursive: true });
    },
  };
}

const user = { username: "jo", uid: "7", groups: ["dev"], extra: { scope: ["a", "b"] } };

test("a webhook says whom a token stands for, and is believed for two minutes", async (t) => {
  const { hook, clock, who, close } = await world(({ body }) => {
    const { spec } = body as { spec: { token: string } };
    const status =
      spec.token === "good" ? { authenticated: true, user } : { authenticated: false, error: "no such token" };
    return { body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status } };
  });
  t.after(close);
  const jo = { name: "jo", uid: "7", groups: ["dev", "system:authenticated"], extra: { scope: ["a", "b"] } };
  assert.deepEqual(await who("good"), jo);
  assert.deepEqual(await who("good"), jo);
  assert.equal(hook.calls.length, 1);
  assert.deepEqual(hook.calls[0]?.body, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    metadata: {},
    spec: { token: "good", audiences: ["https://kubernetes.default.svc"] },
  });
  assert.equal(hook.calls[0]?.headers.authorization, "Bearer who-i-am");
  await clock.advance(120_000);
  await who("good");
  assert.equal(hook.calls.length, 2);
  for (let time = 0; time < 2; time++) {
    await assert.rejects(
      async () => who("bad"),
      (error: Error) => error instanceof BadCredentialsError && /no such token/.test(error.message),
    );
  }
  assert.equal(hook.calls.length, 3, "what is refused is remembered too");
});

test("audiences", async (t) => {
  const { authentication, close } = await world(({ body }) => {
    const { spec } = body as { spec: { token: string } };
    const audiences = spec.token === "vaults" ? ["vault"] : undefined;
    return { body: { status: { authenticated: true, user, ...(audiences && { audiences }) } } };
  });
  t.after(close);
  const server = ["https://kubernetes.default.svc"];
  const review = async (token: string, audiences?: string[]) => {
    const { status } = await reviewToken(
      { spec: { token, ...(audiences && { audiences }) } },
      authentication.tokens,
      server,
    );
    return [status?.authenticated ?? false, status?.audiences, status?.error];
  };
  assert.deepEqual(await review("plain"), [true, server, undefined]);
  assert.deepEqual(await review("plain", ["vault"]), [false, undefined, "invalid bearer token"]);
  assert.deepEqual(await review("vaults"), [false, undefined, "invalid bearer token"]);
  assert.deepEqual(await review("vaults", ["vault", "other"]), [true, ["vault"], undefined]);
});

test("webhooks that are busy are asked again, those that lie are not believed", async (t) => {
  const answers: { code?: number; body: object | string }[] = [
    { code: 500, body: "busy" },
    { body: { status: { authenticated: true, user: { username: "jo" } } } },
  ];
  const { hook, clock, who, close } = await world(() => answers.shift() ?? { body: "no JSON" }, "v1beta1");
  t.after(close);
  const asked = who("one");
  await hook.received(1);
  while (hook.calls.length < 2) await clock.advance(500);
  assert.equal((await asked)?.name, "jo");
  assert.equal((hook.calls[0]!.body as { apiVersion: string }).apiVersion, "authentication.k8s.io/v1beta1");

  const lied = assert.rejects(
    async () => who("two"),
    (error: Error) => error instanceof BadCredentialsError && /could not be asked/.test(error.message),
  );
  await lied;
  assert.equal(hook.calls.length, 3);
});
