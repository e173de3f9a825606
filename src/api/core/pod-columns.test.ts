import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Pod } from "../generated/core/v1.ts";
import { fieldsReader } from "../read-fields.ts";
import { tableOf } from "../table.ts";
import { podKind } from "./pod.ts";

const text = fc.constantFrom("", "a", "b", "Init:x");
const time = fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z");
const exact = { requiredKeys: [] };
const terminated = fc.record(
  { exitCode: fc.constantFrom(0, 1), reason: text, signal: fc.nat(9), finishedAt: time, message: text },
  exact,
);
const state = fc.record(
  { waiting: fc.record({ reason: text, message: text }, exact), running: fc.record({ startedAt: time }), terminated },
  exact,
);
const status = fc.record(
  {
    name: text,
    ready: fc.boolean(),
    started: fc.boolean(),
    restartCount: fc.nat(3),
    state,
    lastState: state,
    image: text,
  },
  exact,
);
const condition = fc.record({
  type: fc.constantFrom("Ready", "Initialized", "PodScheduled", "gate"),
  status: fc.constantFrom("True", "False"),
  reason: fc.constantFrom("SchedulingGated", "Other"),
  message: text,
});
const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 3 });
const container = fc.record(
  { name: text, image: text, restartPolicy: fc.constantFrom("Always", "Never"), command: few(text) },
  exact,
);
const pod = fc.record(
  {
    metadata: fc.record(
      {
        name: text,
        creationTimestamp: time,
        deletionTimestamp: time,
        labels: fc.dictionary(text, text),
        generateName: text,
      },
      exact,
    ),
    spec: fc.record(
      {
        containers: few(container),
        initContainers: few(container),
        nodeName: text,
        readinessGates: few(fc.record({ conditionType: fc.constantFrom("gate", "other") })),
        schedulerName: text,
      },
      exact,
    ),
    status: fc.record(
      {
        phase: fc.constantFrom("Pending", "Running", "Succeeded", "Failed"),
        reason: fc.constantFrom("NodeLost", "Evicted"),
        message: text,
        podIP: text,
        podIPs: few(fc.record({ ip: text })),
        nominatedNodeName: text,
        conditions: few(condition),
        containerStatuses: few(status),
        initContainerStatuses: few(status),
      },
      exact,
    ),
  },
  exact,
) as fc.Arbitrary<unknown> as fc.Arbitrary<Pod>;

test("columns and conditions of a pod's row need no other fields than they say", () => {
  const options = { nowMs: Date.parse("2026-01-02T00:00:00Z"), includeObject: "None" } as const;
  const read = fieldsReader(podKind.columnFields!);
  fc.assert(
    fc.property(pod, (generated) => {
      const bytes = Buffer.from(JSON.stringify(generated));
      const { object, metadata: span } = read(bytes);
      const metadata = span === undefined ? undefined : JSON.parse(bytes.toString("utf8", span.start, span.end));
      assert.deepEqual(
        metadata,
        generated.metadata === undefined ? undefined : JSON.parse(JSON.stringify(generated.metadata)),
      );
      const whole = JSON.parse(bytes.toString()) as Pod;
      assert.deepEqual(
        tableOf(podKind as never, [object as Pod], options).rows,
        tableOf(podKind as never, [whole], options).rows,
      );
    }),
    { numRuns: 1000 },
  );
});
