import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentObjects } from "./recent-objects.ts";

const GENERATION_BYTES = 100;

function keep(recent: RecentObjects, name: string): Buffer {
  const bytes = Buffer.alloc(40);
  recent.set(bytes, { metadata: { name } });
  return bytes;
}

test("objects are there for a while, and are let go of by the bytes that came since", () => {
  const recent = new RecentObjects(GENERATION_BYTES);
  const first = keep(recent, "first");
  const others = ["a", "b", "c"].map((name) => keep(recent, name));
  assert.deepEqual(
    others.map((bytes) => recent.get(bytes)?.metadata?.name),
    ["a", "b", "c"],
  );
  for (const name of ["d", "e", "f"]) keep(recent, name);
  assert.equal(recent.get(first), undefined);
});

test("what is asked for stays", () => {
  const recent = new RecentObjects(GENERATION_BYTES);
  const first = keep(recent, "first");
  for (let index = 0; index < 20; index++) {
    keep(recent, `other ${index}`);
    assert.equal(recent.get(first)?.metadata?.name, "first", `after ${index}`);
  }
});

test("bytes that are larger than a generation are kept as well, until the next come", () => {
  const recent = new RecentObjects(GENERATION_BYTES);
  const large = Buffer.alloc(1000);
  recent.set(large, { kind: "Large" });
  assert.equal(recent.get(large)?.kind, "Large");
  for (let index = 0; index < 5; index++) keep(recent, "small");
  assert.equal(recent.get(large), undefined);
});

/** Asks for each object when so many others have come behind it; answers how many of the last ones were still known. */
function remembered(recent: RecentObjects, { rounds, distance, last }: Record<"rounds" | "distance" | "last", number>) {
  const all: Buffer[] = [];
  let known = 0;
  for (let index = 0; index < rounds; index++) {
    all.push(keep(recent, String(index)));
    const asked = all[index - distance];
    if (asked === undefined) continue;
    if (recent.get(asked) === undefined) recent.set(asked, {});
    else if (index >= rounds - last) known++;
  }
  return known;
}

test("generations grow while much is asked for that has just been forgotten, and shrink after that", () => {
  const recent = new RecentObjects(GENERATION_BYTES);
  assert.ok(remembered(recent, { rounds: 14, distance: 6, last: 10 }) < 5);
  assert.equal(remembered(recent, { rounds: 60, distance: 6, last: 10 }), 10);
  for (let index = 0; index < 2000; index++) keep(recent, "once");
  const first = keep(recent, "first");
  for (const name of ["a", "b", "c", "d", "e", "f"]) keep(recent, name);
  assert.equal(recent.get(first), undefined);
});

test("a steady burst does not find them too small again and again", () => {
  const recent = new RecentObjects(GENERATION_BYTES);
  const known = remembered(recent, { rounds: 3000, distance: 6, last: 2000 });
  assert.ok(known > 1900, `${known} of 2000`);
});

test("what was replaced leaves its room to others", () => {
  const recent = new RecentObjects(GENERATION_BYTES);
  const first = keep(recent, "first");
  for (let index = 0; index < 20; index++) {
    const replaced = keep(recent, "replaced");
    recent.delete(replaced);
    assert.equal(recent.get(replaced), undefined);
  }
  recent.delete(Buffer.alloc(40));
  keep(recent, "second");
  keep(recent, "third");
  assert.equal(recent.get(first)?.metadata?.name, "first");
});
