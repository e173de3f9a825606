import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, suite, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { openEmbeddedStore } from "../../src/store/embedded/embedded-store.ts";
import { wherry } from "../support/cluster.ts";
import { freePort } from "../support/free-port.ts";

/** What a store cannot be opened from: said in one line, before anything is changed. */
suite("stores that are none", () => {
  let root = "";
  before(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-store-input-"));
  });
  after(() => rmSync(root, { recursive: true }));

  function database(directory: string, sql: string): void {
    mkdirSync(directory, { recursive: true });
    const connection = new DatabaseSync(join(directory, "store.db"));
    connection.exec(sql);
    connection.close();
  }

  async function filled(directory: string): Promise<void> {
    const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
    await store.create("/registry/a", Buffer.from("{}"));
    await store.close();
  }

  const inDirectory: [string, (store: string) => void | Promise<void>, RegExp][] = [
    [
      "somebody's notes",
      (store) => {
        mkdirSync(store, { recursive: true });
        writeFileSync(join(store, "store.db"), "my notes\n".repeat(50));
      },
      /store\.db is not a Wherry store/,
    ],
    ["another program's database", (store) => database(store, "CREATE TABLE x (y)"), /database of another program/],
    [
      "a newer version's",
      async (store) => {
        await filled(store);
        database(store, "PRAGMA user_version = 3");
      },
      /has data format 3, .*run the newer Wherry that wrote it/,
    ],
    [
      "one that has lost a write",
      async (store) => {
        await filled(store);
        cpSync(join(store, "store.db"), join(store, "older.db"));
        const again = await openEmbeddedStore({ directory: store, clock: systemClock, log: silentLogger });
        await again.create("/registry/b", Buffer.from("{}"));
        await again.close();
        cpSync(join(store, "older.db"), join(store, "store.db"));
      },
      /has lost acknowledged writes: it ends at revision 2, and 3 was acknowledged.*Nothing was changed/,
    ],
    ["a file", (store) => writeFileSync(store, ""), /store is a file; choose a directory/],
  ];
  for (const [name, make, message] of inDirectory) {
    test(`a data directory with ${name}`, async () => {
      const dataDirectory = mkdtempSync(join(root, "data-"));
      const store = join(dataDirectory, "store");
      await make(store);
      const bytes = existsSync(join(store, "store.db")) ? readFileSync(join(store, "store.db")) : undefined;
      const said = await refusedStart(["--data-dir", dataDirectory]);
      assert.match(said, message);
      assert.deepEqual(readdirSync(dataDirectory).sort(), ["store"], "nothing was decided, and nothing is left");
      if (bytes !== undefined) assert.deepEqual(readFileSync(join(store, "store.db")), bytes);
    });
  }

  const etcds: [string[], RegExp, number][] = [
    [["--etcd-servers", "http://127.0.0.1:1"], /etcd at http:\/\/127\.0\.0\.1:1: .*nothing listens there/, 1],
    [
      ["--etcd-servers", "http://127.0.0.1:1,http://127.0.0.1:2"],
      /etcd at http:\/\/127\.0\.0\.1:1: .*nothing listens there.*etcd at http:\/\/127\.0\.0\.1:2: .*nothing listens there/,
      1,
    ],
    [["--etcd-servers", "mysql://127.0.0.1:1"], /"mysql:.*is not the URL of an etcd server/, 2],
    [["--etcd-servers", ""], /--etcd-servers is empty/, 2],
    [
      ["--etcd-servers", "https://127.0.0.1:1", "--etcd-cafile", "/nowhere/ca.crt"],
      /\/nowhere\/ca\.crt.* cannot be read/,
      2,
    ],
  ];
  for (const [words, message, code] of etcds) {
    test(`wherry server ${words.join(" ")}`, async () => {
      const dataDirectory = join(root, `etcd-${code}-${words.length}-${words.join("").length}`);
      const said = await refusedStart(["--data-dir", dataDirectory, ...words], code);
      assert.match(said, message);
      assert.equal(existsSync(dataDirectory), false);
    });
  }

  async function refusedStart(words: readonly string[], code = 1): Promise<string> {
    const kubeconfig = join(root, "kubeconfig");
    const port = String(await freePort());
    const result = await wherry("server", "--port", port, "--kubeconfig", kubeconfig, ...words);
    assert.equal(result.code, code, result.stderr);
    assert.equal(existsSync(kubeconfig), false);
    assert.doesNotMatch(result.stderr, /^ +at .*:\d+:\d+/m, "no stack trace");
    const lines = result.stderr.trimEnd().split("\n");
    assert.match(lines.at(-1)!, /^wherry server: /);
    return lines.at(-1)!;
  }
});
