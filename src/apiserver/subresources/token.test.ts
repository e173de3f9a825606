import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import { serviceAccounts } from "../../api/generated/resources.ts";
import type { ApiObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

const target = { namespace: "default", name: "builder" };
let memory: MemoryServer;
let uid: string;
before(async () => {
  memory = await startMemoryServer();
  uid = (await memory.client.create(serviceAccounts, { metadata: target })).metadata?.uid ?? "";
});
after(() => memory.close());

async function issue(metadata: ApiObject["metadata"], spec: object = {}): Promise<TokenRequest> {
  const request = { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", metadata, spec } as ApiObject;
  return (await memory.client.create(serviceAccounts, request, { subresource: "token", target })) as TokenRequest;
}

test("a token request says whose token it is", async () => {
  for (const said of [undefined, { name: "builder" }, { namespace: "default", uid }]) {
    const { metadata, status } = await issue(said);
    assert.ok(status?.token);
    assert.deepEqual([metadata?.name, metadata?.namespace, metadata?.uid], ["builder", "default", uid]);
    assert.equal(metadata?.creationTimestamp, "2026-01-01T00:00:00Z");
  }
});

test("a request that names another account is refused", async () => {
  const refusals: [ApiObject["metadata"], object, number, RegExp][] = [
    [
      { name: "other" },
      {},
      422,
      /^TokenRequest.authentication.k8s.io "builder" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified$/,
    ],
    [{ namespace: "other" }, {}, 400, /does not match the namespace sent on the request/],
    [
      { uid: "wrong" },
      {},
      409,
      /^Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "builder": the UID in the token request \(wrong\) does not match the UID of the service account \(.+\)$/,
    ],
    [{}, { expirationSeconds: 5 }, 422, /^TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds/],
  ];
  for (const [metadata, spec, code, message] of refusals) {
    await assert.rejects(issue(metadata, spec), (error: unknown) => {
      assert.ok(error instanceof StatusError, String(error));
      assert.match(error.message, message);
      assert.equal(error.code, code);
      return true;
    });
  }
});
