import fc from "fast-check";
import { encodeObject } from "../../src/api/protobuf/encode.ts";
import { isProtobufKind } from "../../src/api/protobuf/messages.ts";
import type { Fields } from "./objects.ts";
import { spoiled, spoiledBytes } from "./spoil.ts";

export const JSON_TYPE = "application/json";
export const PROTOBUF = "application/vnd.kubernetes.protobuf";
const PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];
const OTHER_TYPES = [
  "",
  "application/cbor",
  "application/apply-patch+cbor",
  "text/plain",
  "__proto__",
  ";",
  "application/json;stream=watch",
];
/** Bytes, and what they are said to be. */
export interface Body {
  readonly type: string;
  readonly body: Buffer;
}

/** A body for a request about an object; many of them with something wrong. `fields` are a patch of it. */
export function bodyFor(method: string, object: Fields, fields: Fields): fc.Arbitrary<Body> {
  if (method === "GET" || method === "HEAD") return fc.constant({ type: "", body: Buffer.alloc(0) });
  if (method === "DELETE") return deleteBody;
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.constant(object as unknown) },
    { weight: 2, arbitrary: spoiled(object) },
    { weight: method === "PATCH" ? 3 : 0, arbitrary: fc.constant(fields as unknown) },
  );
  const types = method === "PATCH" ? PATCHES : [JSON_TYPE, JSON_TYPE, "application/yaml", PROTOBUF];
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...types) },
    { weight: 1, arbitrary: fc.constantFrom(...OTHER_TYPES) },
  );
  return fc.tuple(type, value).chain(([type, sent]) => {
    if (type === PATCHES[0]) return jsonPatch.map((patch) => ({ type, body: Buffer.from(JSON.stringify(patch)) }));
    const bytes = encoded(type, sent);
    return fc
      .oneof({ weight: 10, arbitrary: fc.constant(bytes) }, { weight: 1, arbitrary: spoiledBytes(bytes) })
      .map((body) => ({ type, body }));
  });
}

function encoded(type: string, value: unknown): Buffer {
  if (type !== PROTOBUF) return Buffer.from(JSON.stringify(value));
  try {
    const object = value as { apiVersion: string; kind: string };
    if (isProtobufKind(object.apiVersion, object.kind)) return encodeObject(object);
  } catch {
    // What has no protobuf form is sent as text: wrong, but a request.
  }
  return Buffer.from(JSON.stringify(value));
}

const pointer = fc.constantFrom(
  "",
  "/",
  "/metadata",
  "/metadata/labels",
  "/metadata/labels/a",
  "/metadata/name",
  "/metadata/managedFields",
  "/spec",
  "/spec/replicas",
  "/spec/template/spec/containers/0",
  "/spec/containers/-",
  "/data/a",
  "/status",
  "/__proto__/x",
  "/constructor/prototype/x",
  "/toString",
  "/kind",
  "x",
  "/a~2b",
);
const jsonPatch = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(
      fc.record(
        {
          op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "bad"),
          path: pointer,
          from: pointer,
          value: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("a", 1, { a: "b" })),
        },
        { requiredKeys: ["op", "path"], noNullPrototype: true },
      ),
      { maxLength: 3 },
    ) as fc.Arbitrary<unknown>,
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<unknown> },
);

const deleteBody: fc.Arbitrary<Body> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ type: "", body: Buffer.alloc(0) }) },
  {
    weight: 2,
    arbitrary: fc
      .record(
        {
          kind: fc.constantFrom("DeleteOptions", "Pod", 5),
          gracePeriodSeconds: fc.constantFrom(0, 1, -1, "x", 1.5),
          propagationPolicy: fc.constantFrom("Orphan", "Background", "Foreground", "x", null),
          preconditions: fc.constantFrom({ uid: "x" }, { resourceVersion: "1" }, "x", null),
          dryRun: fc.constantFrom(["All"], ["All"], "All", [5], null),
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      .map((options) => ({ type: JSON_TYPE, body: Buffer.from(JSON.stringify(options)) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .jsonValue({ maxDepth: 1 })
      .map((value) => ({ type: JSON_TYPE, body: Buffer.from(JSON.stringify(value)) })),
  },
);
