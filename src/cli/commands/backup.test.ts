import assert from "node:assert/strict";
import { test } from "node:test";
import type { BackupRow, Backups, CreateBackup, RestoreBackup } from "../backups.ts";
import { commands } from "../commands.ts";
import { runCommandLine } from "../run.ts";
import { recording } from "../testing/recording.ts";

const row: BackupRow = {
  file: "/copies/a.backup",
  bytes: 3_500_000,
  createdAt: "2026-01-02T03:04:05Z",
  revision: 77,
  objects: 12,
  engine: "embedded",
  cluster: "0123456789",
  holdsKeys: true,
};

async function run(words: readonly string[], backups: Partial<Backups> = {}) {
  const { context, printed, said } = recording({ WHERRY_DATA_DIR: "/data/cluster" });
  const program = { ...context.program, backups: { ...context.program.backups, ...backups } };
  const code = await runCommandLine(words, commands, { ...context, program });
  return { code, printed: printed(), said: said() };
}

const WRONG: [string[], RegExp][] = [
  [["backup"], /say what to do: wherry backup create, list or restore FILE/],
  [["backup", "remove"], /"remove" is too much: there are only create, list, restore/],
  [["backup", "create", "a.backup"], /name the file with --output/],
  [["backup", "restore"], /name the backup: wherry backup restore FILE/],
  [["backup", "restore", "a", "b"], /"b" is too much/],
  [["backup", "list", "-o", "yaml"], /--output is text or json, not "yaml"/],
  [["store"], /say what to do: wherry store export FILE, or wherry store import FILE/],
  [["store", "export"], /name the file: wherry store export FILE/],
  [["store", "import", "a", "--etcd-cafile", "x"], /--etcd-cafile is for an etcd that --etcd-servers names/],
];
for (const [words, message] of WRONG) {
  test(`wherry ${words.join(" ")} is exit code 2 and does nothing`, async () => {
    const { code, said } = await run(words);
    assert.equal(code, 2);
    assert.match(said, message);
  });
}

test("create goes beside the data directory, prints the file, and says that keys are in it", async () => {
  const asked: CreateBackup[] = [];
  const create = async (options: CreateBackup) => {
    asked.push(options);
    return row;
  };
  const { code, printed, said } = await run(["backup", "create"], { create });
  assert.deepEqual([code, printed], [0, row.file]);
  assert.match(said, /12 objects as of revision 77, 3.3 MiB/);
  assert.match(said, /It holds the cluster's keys/);
  await run(["backup", "create", "--without-keys", "--output", "/x/"], { create });
  assert.deepEqual(
    asked.map(({ output, withKeys }) => [output, withKeys]),
    [
      ["/data/cluster-backups/", true],
      ["/x/", false],
    ],
  );
});

test("list shows each backup, and what is wrong with others", async () => {
  const broken = { file: "/copies/b.backup", bytes: 10, problem: "/copies/b.backup was cut short" };
  const list = async () => [broken, row, { file: "/copies/c.backup", bytes: 10, problem: "no permission" }];
  const { printed, said } = await run(["backup", "list", "/copies"], { list });
  const lines = printed.split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(lines[1], ["/copies/a.backup", "2026-01-02 03:04 UTC", "77", "12", "3.3 MiB", "0123456789", "yes"]);
  assert.equal(lines.length, 2);
  assert.equal(said, "/copies/b.backup was cut short\n/copies/c.backup cannot be read: no permission");
  assert.equal((await run(["backup", "list"], { list: async () => [broken] })).printed, "");
  const json = await run(["backup", "list", "-o", "json"], { list });
  assert.equal(JSON.parse(json.printed).backups[1].revision, 77);
  assert.match((await run(["backup", "list"], { list: async () => [] })).said, /no backups in \/data\/cluster-backups/);
});

test("list --verify says that all was read, and fails when a backup is damaged or there is none", async () => {
  const asked: boolean[] = [];
  const listing =
    (...rows: BackupRow[]): Backups["list"] =>
    async (_, { verify }) => {
      asked.push(verify);
      return rows;
    };
  const verified = { ...row, verified: true as const };
  const whole = await run(["backup", "list", "--verify"], { list: listing(verified, verified) });
  assert.deepEqual([whole.code, whole.said], [0, "2 of 2 were read as a whole: each is as it was written."]);
  const broken = { file: "/copies/b.backup", bytes: 10, problem: "/copies/b.backup is damaged" };
  const one = await run(["backup", "list", "--verify"], { list: listing(verified, broken) });
  assert.equal(one.code, 1);
  assert.match(one.said, /^\/copies\/b.backup is damaged\n1 of 2 were read as a whole/);
  assert.equal((await run(["backup", "list", "--verify", "-o", "json"], { list: listing(broken) })).code, 1);
  assert.equal((await run(["backup", "list", "--verify"], { list: listing() })).code, 1);
  assert.equal((await run(["backup", "list"], { list: listing(row, broken) })).code, 0);
  assert.deepEqual(asked, [true, true, true, true, false]);
});

test("writes that the store has lost are told by who copies it", async () => {
  const lost = "it ends at revision 7, and 9 was acknowledged";
  const create = async () => ({ ...row, lost });
  assert.match((await run(["backup", "create"], { create })).said, /missing in it, .*ends at revision 7, and 9 was/);
  const exportStore = async () => ({ objects: 3, lost });
  assert.match((await run(["store", "export", "/x.db"], { exportStore })).said, /missing in it, .*ends at revision 7/);
});

test("import takes a file without a hash when asked, and not else", async () => {
  const asked: unknown[] = [];
  const importStore: Backups["importStore"] = async ({ skipHashCheck }) => {
    asked.push(skipHashCheck);
    return { objects: 3, missingKeys: [] };
  };
  await run(["store", "import", "/x.db"], { importStore });
  await run(["store", "import", "/x.db", "--skip-hash-check"], { importStore });
  assert.deepEqual(asked, [false, true]);
});

test("restore says where the old directory is, and which keys are missing", async () => {
  const restore = async (options: RestoreBackup) => {
    assert.deepEqual([options.file, options.force], ["/a.backup", true]);
    return { objects: 3, revision: 1_000_000_009, movedTo: "/data/cluster.before", missingKeys: ["kms:theirs"] };
  };
  const { code, said } = await run(["backup", "restore", "/a.backup", "--force"], { restore });
  assert.equal(code, 0);
  assert.match(said, /is in \/data\/cluster.before now/);
  assert.match(said, /3 objects are restored. The store goes on after revision 1000000009/);
  assert.match(said, /keys that are not here: kms:theirs/);
  assert.match(said, /wherry up --data-dir \/data\/cluster/);
});
