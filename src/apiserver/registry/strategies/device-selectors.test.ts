import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { deviceClasses, namespaces, resourceClaims, resourceClaimsV1beta1 } from "../../../api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";

describe("programs that select devices", () => {
  let server: MemoryServer;
  before(async () => {
    server = await startMemoryServer();
  });
  after(() => server.close());

  const selectors = (expression: string) => [{ cel: { expression } }];
  const claim = (request: object) => ({
    metadata: { generateName: "c-", namespace: "default" },
    spec: { devices: { requests: [{ name: "gpu", ...request }] } },
  });
  const refusal = async (made: Promise<unknown>): Promise<string> => {
    const failure = await made.catch((error: Error) => error);
    return failure instanceof Error ? failure.message : "it is taken";
  };

  test("a class is refused, and changes in other parts without being looked at again", async () => {
    const of = (expression: string) => ({ metadata: { name: "gpu" }, spec: { selectors: selectors(expression) } });
    assert.match(
      await refusal(server.client.create(deviceClasses, of("device.x"))),
      /spec\.selectors\[0\]\.cel\.expression: .*undefined field 'x'/,
    );
    await server.client.create(deviceClasses, of('device.driver == "a"'));
  });

  test("claims of every version name the field as the stored one", async () => {
    const expected =
      /spec\.devices\.requests\[0\]\.exactly\.selectors\[0\]\.cel\.expression: .*must evaluate to bool or the unknown type, not int/;
    const exactly = { deviceClassName: "gpu", selectors: selectors("1") };
    assert.match(await refusal(server.client.create(resourceClaims, claim({ exactly }) as never)), expected);
    assert.match(await refusal(server.client.create(resourceClaimsV1beta1, claim(exactly) as never)), expected);
  });

  test("devices that others have are for marked namespaces", async () => {
    const exactly = { deviceClassName: "gpu", adminAccess: true };
    const create = (): Promise<string> => refusal(server.client.create(resourceClaims, claim({ exactly }) as never));
    assert.match(
      await create(),
      /Forbidden: admin access to devices requires the `resource\.kubernetes\.io\/admin-access: true` label/,
    );
    const labels = { "resource.kubernetes.io/admin-access": "true" };
    await server.client.create(namespaces, { metadata: { name: "default", labels } });
    assert.equal(await create(), "it is taken");
  });
});
