import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJSON } from "@grpc/proto-loader";
import { containerStatusFromWire, type WireContainerStatus } from "./convert.ts";
import { criDescriptor } from "./schema.ts";

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
const numberField = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const bytesField = (field: number, bytes: number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];

/** An answer to ContainerStatus as upstream's api.proto numbers its fields. */
function answered(status: number[]): WireContainerStatus {
  const definition = fromJSON(criDescriptor() as Parameters<typeof fromJSON>[0], {
    ...{ keepCase: true, longs: String, enums: String, defaults: true },
  });
  const service = definition["runtime.v1.RuntimeService"] as unknown as Record<
    string,
    { responseDeserialize(bytes: Buffer): { status: WireContainerStatus } }
  >;
  return service.ContainerStatus!.responseDeserialize(Buffer.from(bytesField(1, status))).status;
}

const id = bytesField(1, [...Buffer.from("a")]);

test("a runtime's word on what a container may use", () => {
  const limits = [100_000, 50_000, 512, 64 * 1024 ** 2].flatMap((value, index) => numberField(index + 1, value));
  const { resources } = containerStatusFromWire(answered([...id, ...bytesField(16, bytesField(1, limits))]));
  assert.deepEqual(resources, {
    ...{ cpuPeriod: 100_000, cpuQuota: 50_000, cpuShares: 512, memoryLimitInBytes: 64 * 1024 ** 2, oomScoreAdj: 0 },
  });
});

test("a runtime that says nothing of it", () => {
  assert.equal(containerStatusFromWire(answered(id)).resources, undefined);
  assert.equal(containerStatusFromWire(answered([...id, ...bytesField(16, [])])).resources, undefined);
});
