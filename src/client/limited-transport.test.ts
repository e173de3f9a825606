import assert from "node:assert/strict";
import { it } from "node:test";
import type { ApiObject } from "../api/meta.ts";
import { settle } from "../base/virtual-clock.ts";
import { createRequestLimit, limitedTransport } from "./limited-transport.ts";
import type { Transport } from "./transport.ts";

it("lets so many requests in at once, the others in their order, also after one failed", async () => {
  const under: { path: string; answer: PromiseWithResolvers<ApiObject> }[] = [];
  const transport = {
    request(request) {
      const answer = Promise.withResolvers<ApiObject>();
      under.push({ path: request.path, answer });
      return answer.promise;
    },
  } as Transport;
  const limit = createRequestLimit(2);
  const doors = [limitedTransport(transport, () => limit), limitedTransport(transport, () => limit)];
  const outcomes = ["/1", "/2", "/3", "/4"].map((path, index) => doors[index % 2]?.request({ method: "GET", path }));
  const paths = async (): Promise<string[]> => {
    await settle(20);
    return under.map(({ path }) => path);
  };
  assert.deepEqual(await paths(), ["/1", "/2"]);
  under[0]?.answer.reject(new Error("broken"));
  await assert.rejects(outcomes[0] as Promise<unknown>, /broken/);
  assert.deepEqual(await paths(), ["/1", "/2", "/3"]);
  for (const { answer } of [...under]) answer.resolve({ kind: "Status" });
  assert.deepEqual(await paths(), ["/1", "/2", "/3", "/4"]);
  under[3]?.answer.resolve({ kind: "Status" });
  await Promise.all(outcomes.slice(1));
});
