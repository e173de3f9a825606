import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readBackup, readBackupHeader, verifyBackup } from "./read-backup.ts";
import { SnapshotError, type StateObject } from "./state.ts";
import { type BackupContent, writeBackup } from "./write-backup.ts";

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "wherry-backup-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const header = {
  createdAt: "2026-01-01T00:00:00Z",
  engine: "embedded",
  cluster: "abc",
  holdsKeys: true,
  encryptionKeys: ["aesgcm:one"],
} as const;

function contentOf(objects: readonly StateObject[]): BackupContent {
  return { header, state: { revision: 900, objects }, files: [{ path: "pki/ca.crt", content: Buffer.from("PEM") }] };
}

/** Sizes around the pieces in which records are compressed and read. */
const objects = [0, 1, 100, 70_000, 300_000, 1_500_000, 12].map(
  (bytes, index): StateObject => ({
    key: `/registry/ä/${index}`,
    value: Buffer.alloc(bytes, `${index} some value `),
    revision: 10 + index,
    secondsLeft: index === 2 ? 17.5 : undefined,
  }),
);

test("what was written is read, also by its header alone, and only its owner may", async (context) => {
  const path = join(directoryOf(context), "a.backup");
  await writeBackup(path, contentOf(objects));
  const backup = await readBackup(path);
  assert.deepEqual(backup.state, { revision: 900, objects });
  assert.deepEqual(backup.files, [{ path: "pki/ca.crt", content: Buffer.from("PEM") }]);
  assert.deepEqual(backup.header, { ...header, revision: 900, objects: objects.length, files: 1 });
  assert.deepEqual(await readBackupHeader(path), backup.header);
  assert.deepEqual(await verifyBackup(path), backup.header);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(readFileSync(path, "latin1").slice(0, 60), /^wherry backup 1\n\{"createdAt"/);
});

test("a header may be long", async (context) => {
  const path = join(directoryOf(context), "a.backup");
  const encryptionKeys = Array.from({ length: 900 }, (_, index) => `aesgcm:${index}`);
  await writeBackup(path, { ...contentOf(objects), header: { ...header, encryptionKeys } });
  assert.deepEqual((await readBackupHeader(path)).encryptionKeys, encryptionKeys);
});

test("nothing is overwritten, and a failure leaves nothing behind", async (context) => {
  const directory = directoryOf(context);
  const path = join(directory, "a.backup");
  writeFileSync(path, "mine");
  await assert.rejects(writeBackup(path, contentOf(objects)), /is there already/);
  assert.equal(readFileSync(path, "utf8"), "mine");
  const broken = { key: "/a", revision: 2, value: undefined } as unknown as StateObject;
  await assert.rejects(writeBackup(join(directory, "b.backup"), contentOf([broken])));
  assert.deepEqual(readdirSync(directory), ["a.backup"]);
});

const DAMAGES: [string, RegExp, (bytes: Buffer) => Buffer][] = [
  ["cut short by a byte", /cut short/, (bytes) => bytes.subarray(0, -1)],
  ["cut short in the middle", /cut short/, (bytes) => bytes.subarray(0, bytes.length >> 1)],
  ["cut short in the header", /cut short/, (bytes) => bytes.subarray(0, 40)],
  ["empty", /is empty: copy it again/, () => Buffer.alloc(0)],
  ["something else", /not a backup of Wherry/, () => Buffer.from("my notes\n".repeat(100))],
  [
    "one of a newer format",
    /format 2, and this Wherry reads format 1/,
    (bytes) => replaced(bytes, "backup 1", "backup 2"),
  ],
  ["with another header", /SHA-256 is not/, (bytes) => replaced(bytes, "aesgcm:one", "aesgcm:two")],
  ["with a flipped bit", /SHA-256 is not/, (bytes) => flipped(bytes, bytes.length - 500)],
  ["with something behind it", /cut short/, (bytes) => Buffer.concat([bytes, Buffer.from("x")])],
];

for (const [name, message, damage] of DAMAGES) {
  test(`a file is refused that is ${name}`, async (context) => {
    const path = join(directoryOf(context), "a.backup");
    await writeBackup(path, contentOf(objects));
    writeFileSync(path, damage(readFileSync(path)));
    for (const read of [readBackup, verifyBackup]) {
      await assert.rejects(read(path), (error) => {
        assert.ok(error instanceof SnapshotError, String(error));
        assert.match(error.message, message);
        return error.message.includes(path);
      });
    }
  });
}

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(from, to), "latin1");
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 4;
  return bytes;
}
