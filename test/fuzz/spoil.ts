import fc from "fast-check";
import { cloneJson, isJsonObject, setField } from "../../src/api/patch/json-value.ts";

/** What nobody expects where something else belongs. */
const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e300,
  -0,
  "",
  "\u0000",
  "\ud800",
  "../..",
  "a".repeat(300),
  "x".repeat(20_000),
  "Ü",
  "__proto__",
  [],
  {},
  [null],
  [[[[]]]],
  { __proto__: null, constructor: { prototype: { polluted: true } } },
  JSON.parse('{"__proto__":{"polluted":true}}'),
  { $patch: "delete" },
  { $retainKeys: ["a"] },
  [{ $patch: "replace" }],
  { "$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/containers": [{ name: 5 }] },
];

/** A value with some of its places spoiled: another type, a strange key, nothing. */
export function spoiled(value: unknown, times = 2): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(),
    with: fc.constantFrom(...ODD),
    how: fc.constantFrom("replace", "replace", "add", "remove"),
  });
  return fc
    .array(change, { minLength: 1, maxLength: times })
    .map((changes) => changes.reduce<unknown>(spoil, cloneJson(value)));
}

function spoil(value: unknown, change: { at: number; with: unknown; how: string }): unknown {
  const odd = cloneJson(change.with);
  const places = placesOf(value, []);
  const place = places[change.at % Math.max(1, places.length)];
  if (place === undefined) return odd;
  const { holder, key } = place;
  if (change.how === "remove" && !Array.isArray(holder)) delete (holder as Record<string, unknown>)[key];
  else if (change.how === "add" && isJsonObject(holder))
    setField(holder, ["__proto__", "constructor", "extra", ""][change.at % 4]!, odd);
  else if (Array.isArray(holder)) holder[Number(key)] = odd;
  else setField(holder as Record<string, unknown>, key, odd);
  return value;
}

interface PlaceIn {
  readonly holder: object;
  readonly key: string;
}

function placesOf(value: unknown, found: PlaceIn[]): PlaceIn[] {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push({ holder: value, key });
    placesOf((value as Record<string, unknown>)[key], found);
  }
  return found;
}

/** Pieces that are put into bytes somewhere. */
const PIECES = [
  "{",
  "}",
  "[",
  '"',
  ",",
  "\\",
  "\\ud800",
  "\u0000",
  "1e400",
  "99999999999999999999",
  '"a":1,"a":2,',
  "&a *a",
  "\n---\n",
  "\t",
];

/** Bytes with some of them changed, cut off, doubled, or something put in between. */
export function spoiledBytes(bytes: Buffer): fc.Arbitrary<Buffer> {
  const at = fc.nat({ max: Math.max(1, bytes.length) });
  return fc.oneof(
    at.map((end) => bytes.subarray(0, end)),
    fc.tuple(at, fc.nat({ max: 255 })).map(([index, byte]) => {
      const copy = Buffer.from(bytes);
      if (index < copy.length) copy[index] = byte;
      return copy;
    }),
    fc
      .tuple(
        at,
        fc.oneof(
          fc.constantFrom(...PIECES).map((piece) => Buffer.from(piece)),
          fc.uint8Array({ maxLength: 12 }),
        ),
      )
      .map(([index, piece]) => Buffer.concat([bytes.subarray(0, index), piece, bytes.subarray(index)])),
    fc.constantFrom(...deepBodies),
    fc.uint8Array({ maxLength: 40 }).map((random) => Buffer.from(random)),
  );
}

const deepBodies = ["[", '{"a":', '{"metadata":{"name":"x"},"data":'].flatMap((open) =>
  [100, 399, 10_000].map((depth) => Buffer.from(`${open.repeat(depth)}1${(open === "[" ? "]" : "}").repeat(depth)}`)),
);
