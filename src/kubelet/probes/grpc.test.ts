import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { loadPackageDefinition, Server, ServerCredentials, type ServiceClientConstructor } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { grpcProbe, HEALTH_DESCRIPTOR } from "./grpc.ts";

let server: Server;
let port: number;

before(async () => {
  const loaded = loadPackageDefinition(
    fromJSON(HEALTH_DESCRIPTOR as Parameters<typeof fromJSON>[0], { enums: String, keepCase: true }),
  );
  const health = (loaded.grpc as never as { health: { v1: { Health: ServiceClientConstructor } } }).health.v1.Health;
  server = new Server();
  server.addService(health.service, {
    Check: ({ request }: { request: { service: string } }, answer: (error: null, value: object) => void) => {
      if (request.service !== "slow") answer(null, { status: request.service === "sick" ? "NOT_SERVING" : "SERVING" });
    },
  });
  port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
});
after(() => server.forceShutdown());

const probe = (service: string) => grpcProbe({ host: "127.0.0.1", port }, service, 500);

test("a healthy service succeeds", async () => {
  assert.deepEqual(await probe(""), { success: true, output: "service healthy" });
});

test("a sick service fails", async () => {
  assert.deepEqual(await probe("sick"), { success: false, output: 'service unhealthy (responded with "NOT_SERVING")' });
});

test("a service that does not answer in time fails", async () => {
  assert.deepEqual(await probe("slow"), { success: false, output: "timeout: health rpc did not complete within 0.5s" });
});

test("nobody there is a failure", async () => {
  const outcome = await grpcProbe({ host: "127.0.0.1", port: 1 }, "", 500);
  assert.equal(outcome.success, false);
  assert.match(outcome.output, /^timeout: failed to connect service "127.0.0.1:1" within 0.5s/);
});
