import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeObject } from "./decode.ts";
import { writeTag } from "./element.ts";
import { encodeObject } from "./encode.ts";
import { ProtobufError } from "./error.ts";
import { kubectlBodies } from "./kubectl-bodies.ts";
import { isProtobufKind } from "./messages.ts";
import { Writer } from "./writer.ts";

/** A length-delimited field with its contents in hexadecimal: the wire format by hand. */
function nested(number: number, ...contents: string[]): string {
  const body = contents.join("");
  return `${((number << 3) | 2).toString(16).padStart(2, "0")}${(body.length / 2).toString(16).padStart(2, "0")}${body}`;
}

const text = (number: number, value: string): string => nested(number, Buffer.from(value).toString("hex"));

test("a ConfigMap is encoded as the protobuf rules say", () => {
  const typeMeta = nested(1, text(1, "v1"), text(2, "ConfigMap"));
  const metadata = nested(
    1,
    text(1, "a"),
    nested(11, text(1, "x"), text(2, "1")),
    nested(11, text(1, "y"), text(2, "2")),
  );
  const data = nested(2, text(1, "k"), text(2, "vä"));
  const binaryData = nested(3, text(1, "b"), nested(2, "00ff"));
  const immutable = "2001";
  const expected = `6b387300${typeMeta}${nested(2, metadata, data, binaryData, immutable)}1a002200`;
  const encoded = encodeObject({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { labels: { y: "2", x: "1" }, name: "a" },
    immutable: true,
    data: { k: "vä" },
    binaryData: { b: "AP8=" },
  } as object);
  assert.equal(encoded.toString("hex"), expected);
});

test("a Deployment is encoded as the protobuf rules say", () => {
  const labels = nested(1, text(1, "app"), text(2, "web"));
  const port = nested(6, "1850");
  const limits = nested(8, nested(1, text(1, "cpu"), nested(2, text(1, "100m"))));
  const probe = nested(10, nested(1, nested(2, text(1, "/"), nested(2, "0801", "1000", text(3, "http")))));
  const volume = nested(1, text(1, "tmp"), nested(2, nested(2)));
  const container = nested(2, text(1, "c"), text(2, "i"), port, limits, probe);
  const template = nested(3, nested(2, volume, container));
  const spec = nested(2, "0800", nested(2, labels), template);
  const typeMeta = nested(1, text(1, "apps/v1"), text(2, "Deployment"));
  const container1 = {
    name: "c",
    image: "i",
    ports: [{ containerPort: 80 }],
    resources: { limits: { cpu: "100m" } },
    livenessProbe: { httpGet: { path: "/", port: "http" } },
  };
  const encoded = encodeObject({
    apiVersion: "apps/v1",
    kind: "Deployment",
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: "web" } },
      template: { spec: { containers: [container1], volumes: [{ name: "tmp", emptyDir: {} }] } },
    },
  } as object);
  assert.equal(encoded.toString("hex"), `6b387300${typeMeta}${nested(2, spec)}1a002200`);
});

for (const { command, hex, object } of kubectlBodies) {
  test(`kubectl create ${command}: its body is read as the object, which survives being written`, () => {
    const decoded = decodeObject(Buffer.from(hex, "hex"));
    assert.deepEqual(decoded.object, object);
    assert.deepEqual(decodeObject(encodeObject(decoded.object)).object, object);
  });
}

test("random and damaged bytes give an error with a message, nothing else", () => {
  const valid = kubectlBodies.map(({ hex }) => Buffer.from(hex, "hex"));
  const damaged = fc
    .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat(255), fc.nat(300))
    .map(([bytes, position, value, length]) => {
      const copy = Buffer.from(bytes.subarray(0, Math.max(5, length)));
      copy[4 + (position % (copy.length - 4))] = value;
      return copy;
    });
  const random = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from("k8s\0"), bytes]));
  fc.assert(
    fc.property(fc.oneof(damaged, random), (bytes) => {
      try {
        decodeObject(bytes);
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error));
        assert.ok(error.message.length > 0);
      }
    }),
    { numRuns: 3000 },
  );
});

test("nesting is bounded", () => {
  const typeMeta = Buffer.from(
    nested(1, text(1, "apiextensions.k8s.io/v1"), text(2, "CustomResourceDefinition")),
    "hex",
  );
  const wrap = (number: number, body: Buffer): Buffer => {
    const writer = new Writer();
    writer.chunk(body);
    writeTag(writer, number, 2);
    return writer.bytes();
  };
  // JSONSchemaProps.not is field 28.
  let not: Buffer = Buffer.alloc(0);
  for (let level = 0; level < 5000; level++) not = wrap(28, not);
  // spec 2, versions 7, schema 4, openAPIV3Schema 1
  const body = wrap(2, wrap(7, wrap(4, wrap(1, not))));
  const bytes = Buffer.concat([Buffer.from("k8s\0"), typeMeta, wrap(2, body)]);
  assert.throws(() => decodeObject(bytes), /messages nest deeper than 200 levels/);
});

test("errors name the field", () => {
  const pod = { apiVersion: "v1", kind: "Pod", spec: { containers: [{ name: 1 }] } };
  assert.throws(
    () => encodeObject(pod as object),
    /^ProtobufError: spec\.containers\.name: expected a string, got number$/,
  );
  assert.throws(() => encodeObject({ apiVersion: "example.com/v1", kind: "Widget" }), /no kind "Widget" is registered/);
  assert.throws(() => decodeObject(Buffer.from("{}")), /does not start with the four bytes/);
});

test("a body in protobuf may hold objects in JSON and in protobuf", () => {
  const inner = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
  const list = { apiVersion: "v1", kind: "List", items: [inner, { any: [1, "x"] }] };
  const encoded = encodeObject(list as object);
  assert.deepEqual(decodeObject(encoded).object, list);
  const typeMeta = nested(1, text(1, "v1"), text(2, "List"));
  const item = nested(2, nested(1, encodeObject(inner).toString("hex")));
  assert.deepEqual(decodeObject(Buffer.from(`6b387300${typeMeta}${nested(2, item)}`, "hex")).object, {
    apiVersion: "v1",
    kind: "List",
    items: [inner],
  });
});

test("delete options are read in groups that the schema does not know", () => {
  const options = { apiVersion: "example.com/v1", kind: "DeleteOptions", propagationPolicy: "Foreground" };
  assert.deepEqual(decodeObject(encodeObject(options)).object, options);
});

test("a list of metadata numbers its two fields the other way round in v1beta1", () => {
  for (const [apiVersion, metadata, item] of [
    ["meta.k8s.io/v1", "0a03120137", "12050a030a0161"],
    ["meta.k8s.io/v1beta1", "1203120137", "0a050a030a0161"],
  ] as const) {
    const items = [{ metadata: { name: "a" } }];
    const list = { apiVersion, kind: "PartialObjectMetadataList", metadata: { resourceVersion: "7" }, items };
    const bytes = encodeObject(list);
    assert.deepEqual(decodeObject(bytes).object, list);
    for (const field of [metadata, item]) assert.ok(bytes.toString("hex").includes(field), `${apiVersion}: ${field}`);
  }
});

test("kinds that are JSON only are refused", () => {
  assert.equal(isProtobufKind("meta.k8s.io/v1", "Table"), false);
  assert.equal(isProtobufKind("meta.k8s.io/v1", "PartialObjectMetadataList"), true);
  assert.throws(() => encodeObject({ apiVersion: "meta.k8s.io/v1", kind: "Table" }), /no kind "Table" is registered/);
});
