import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeStored } from "./encode-stored.ts";
import { listEncoder } from "./list-encoder.ts";

const pod = { apiVersion: "v1", kind: "Pod" };
const podList = { apiVersion: "v1", kind: "PodList" };

/** The items of a list as they are in it, one after the other. */
function itemsOf(texts: readonly string[]): Buffer[] {
  const encoder = listEncoder(podList, 1024 * 1024);
  const sizes = texts.map((text) => encoder.add(Buffer.from(text)));
  const bytes = Buffer.concat(encoder.take(true));
  let end = 0;
  return sizes.map((size) => bytes.subarray(end, (end += size)));
}

/** The fields of an object that is alone: behind the envelope's start, before its end. */
function fieldsOf(text: string): Buffer {
  const { bytes, empty } = { bytes: encodeStored(Buffer.from(text), pod), empty: encodeStored(Buffer.from("{}"), pod) };
  const tail = 4;
  assert.deepEqual(bytes.subarray(-tail), empty.subarray(-tail));
  const lengthBytes = bytes.length - empty.length < 0x80 ? 1 : bytes.length - empty.length < 0x4000 ? 2 : 3;
  return bytes.subarray(empty.length - tail - 1 + lengthBytes, -tail);
}

/** In a list, whatever came before it, an object is what it is alone. */
function assertAsAlone(texts: readonly string[]): void {
  for (const [index, item] of itemsOf(texts).entries()) {
    const fields = fieldsOf(texts[index]!);
    assert.deepEqual(item.subarray(item.length - fields.length), fields, texts[index]);
    // Before them the tag of items and the length.
    const lengthBytes = fields.length < 0x80 ? 1 : fields.length < 0x4000 ? 2 : 3;
    assert.equal(item.length, fields.length + 1 + lengthBytes);
  }
}

const pick = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const name = pick("a", "b", "web-5d8f7c9b6-abcde", "ä".repeat(30), 'quo"te\\', "x".repeat(200));
const labels = fc.dictionary(pick("app", "tier", "pod-template-hash"), name, { noNullPrototype: true });
const container = fc.record(
  {
    name,
    image: name,
    env: fc.array(fc.record({ name, value: name }), { maxLength: 3 }),
    resources: fc.record({ limits: fc.record({ cpu: pick("1", "100m") }, { requiredKeys: [] }) }),
    readinessProbe: fc.record(
      { httpGet: fc.record({ path: name, port: pick<number | string>(80, "http") }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["name"] },
);
const fields = fc.record({
  "f:metadata": fc.record({ "f:labels": pick({}, { ".": {} }) }),
  "f:spec": pick({}, { 'k:{"name":"web"}': {} }),
});
const managed = fc.record({
  manager: name,
  time: pick("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
  fieldsV1: fields,
});
const object = fc.record({
  ...Object.fromEntries(Object.entries(pod).map(([key, value]) => [key, fc.constant(value)])),
  metadata: fc.record(
    { name, labels, annotations: labels, managedFields: fc.array(managed, { maxLength: 3 }) },
    { requiredKeys: ["name"] },
  ),
  spec: fc.record(
    {
      containers: fc.array(container, { maxLength: 12 }),
      volumes: fc.array(fc.record({ name, emptyDir: pick({}, { medium: "Memory" }) }), { maxLength: 3 }),
      nodeSelector: labels,
      tolerations: fc.array(fc.record({ key: name, tolerationSeconds: pick(1, 300) }), { maxLength: 3 }),
    },
    { requiredKeys: ["containers"] },
  ),
});

test("what is remembered of the objects before changes nothing about the next ones", () => {
  // Few kinds, often repeated: as pods of a few sets.
  const lists = fc
    .array(object, { minLength: 1, maxLength: 4 })
    .chain((kinds) => fc.array(fc.constantFrom(...kinds), { maxLength: 30 }))
    .map((objects) => objects.map((each) => JSON.stringify(each)));
  fc.assert(fc.property(lists, assertAsAlone), { numRuns: 200 });
});

test("texts of one length that differ in one place are told apart", () => {
  const text = (digit: number, at: number): string => {
    const tolerations = [{ key: "node.kubernetes.io/not-ready".padEnd(60, "x"), operator: "Exists" }];
    const whole = JSON.stringify({ ...pod, spec: { containers: [], tolerations } });
    const start = whole.indexOf("not-ready") + at;
    return `${whole.slice(0, start)}${digit}${whole.slice(start + 1)}`;
  };
  for (let at = 0; at < 40; at++) assertAsAlone([text(0, at), text(1, at), text(1, at), text(0, at)]);
});

test("an object whose parts were remembered at another length gets its own", () => {
  const text = (size: number): string =>
    JSON.stringify({
      ...pod,
      spec: { containers: [{ name: "n", args: ["y".repeat(size)], image: "same ".repeat(20) }] },
    });
  assertAsAlone([1, 1, 126, 200, 200, 1, 20_000, 20_000, 1, 300_000, 1].map(text));
});

test("what differs for long and then stays the same is right, too", () => {
  const text = (value: number): string =>
    JSON.stringify({ ...pod, metadata: { name: "a", labels: { app: `${value}`.padStart(80, "0") } } });
  assertAsAlone(Array.from({ length: 400 }, (_, index) => text(index < 200 ? index : index >> 6)));
});

test("what ends with the object is not compared beyond its end", () => {
  const podOf = (label: string): string => `{"metadata":{"name":"web","labels":{"app":"${label}","tier":"front"}}}`;
  const label = "a-label-that-is-long-enough-to-be-noted";
  assertAsAlone([podOf(`${label}-xx`), podOf(`${label}-xx`), podOf(`${label}-`), podOf(label)]);
  const spec = (name: string): string =>
    `{"metadata":{"name":"${name}"},"spec":{"nodeName":"${label}","hostname":"}}}}"}}`;
  assertAsAlone([spec("a"), spec("a").replace('"hostname":"}}}}"', '"hostname":"}}}"')]);
});
