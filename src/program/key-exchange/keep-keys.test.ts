import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { ensurePki, type Pki } from "../../bootstrap/pki/ensure-pki.ts";
import { readRotation, writeRotation } from "../../bootstrap/pki/rotation.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { dropOldEncryptionKeys, encryptionKeyNames, ensureEncryptionKeys } from "../encryption-keys.ts";
import { copySharedKeys } from "../shared-keys.ts";
import { readEncryptionPhase, writeEncryptionPhase } from "./encryption-exchange.ts";
import { keyExchange } from "./keep-keys.ts";
import { readServerList, wishToForget } from "./server-list.ts";
import { readSharedFiles } from "./shared-files.ts";

const scratch = mkdtempSync(join(tmpdir(), "wherry-key-exchange-"));
after(() => rmSync(scratch, { recursive: true }));
let count = 0;
let clock: VirtualClock;
let store: Store;
let running: { stop(): Promise<void> }[];
beforeEach(() => {
  clock = new VirtualClock();
  store = counted(createMemoryStore({ clock }));
  running = [];
});
afterEach(async () => {
  for (const each of running) await each.stop();
  await store.close();
});

/** Work under way: time passes only when there is none. */
let busy = 0;
async function during<T>(work: Promise<T>): Promise<T> {
  busy++;
  try {
    return await work;
  } finally {
    busy--;
  }
}

function counted(inner: Store): Store {
  return new Proxy(inner, {
    get(of, name) {
      const value = Reflect.get(of, name) as unknown;
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const answer = value.apply(of, given) as unknown;
        return answer instanceof Promise ? during(answer) : answer;
      };
    },
  });
}

async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 500) {
    await clock.advance(500);
    for (let quiet = 0; quiet < 10; quiet = busy === 0 ? quiet + 1 : 0) {
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }
}

/** A server as far as keys go: its folder, and what it would use. */
async function server(name: string, from?: string) {
  const dataDirectory = join(scratch, `${count++}`);
  const directory = join(dataDirectory, "pki");
  if (from !== undefined) copySharedKeys(from, dataDirectory);
  const look = (): Promise<Pki> =>
    ensurePki({ directory, clock, random: systemRandom, nodeName: name, names: [], addresses: [] });
  ensureEncryptionKeys(dataDirectory, { clock, random: systemRandom });
  const options = { store, dataDirectory, name, clock, random: systemRandom, log: silentLogger };
  const seen: string[][] = [];
  let kept: { stop(): Promise<void> } | undefined;
  const self = {
    name,
    dataDirectory,
    directory,
    pki: await look(),
    /** The encryption keys after each look. */
    seen,
    rewritten: 0,
    async start() {
      const exchange = keyExchange(options);
      let isCaught = false;
      const caught = exchange.catchUp().finally(() => {
        isCaught = true;
      });
      caught.catch(() => undefined);
      for (let second = 0; second < 40 && !isCaught; second++) await pass(1000);
      await caught;
      self.pki = await look();
      kept = await exchange.follow({
        async lookAtCertificates() {
          self.pki = await during(look());
        },
        async lookAtEncryption() {
          seen.push(encryptionKeyNames(dataDirectory));
        },
        async rewriteSecrets() {
          self.rewritten++;
          dropOldEncryptionKeys(dataDirectory, () => false);
        },
      });
      running.push(kept);
    },
    async stop() {
      await kept?.stop();
    },
  };
  return self;
}

async function three() {
  const one = await server("one");
  await one.start();
  const two = await server("two", one.directory);
  await two.start();
  const away = await server("away", one.directory);
  await away.start();
  await pass(4000);
  return { one, two, away };
}

const since = "2026-01-01T00:00:00Z";
const authorityOf = ({ pki }: { pki: Pki }): string => new X509Certificate(pki.authority.certificate).fingerprint256;
const rows = (of: { dataDirectory: string }) =>
  readServerList(of.dataDirectory).map(({ name, isRunning, hasCurrentKeys }) => [name, isRunning, hasCurrentKeys]);

test("an exchange of the authorities reaches all servers, and nobody uses what another one does not trust", async () => {
  const { one, two, away } = await three();
  const before = authorityOf(one);
  const oldToken = one.pki.serviceAccount.publicKey;
  assert.equal(authorityOf(two), before);
  writeRotation(two.directory, { phase: "begin", since, isShared: true });
  for (let second = 0; second < 60; second++) {
    await pass(1000);
    for (const user of [one, two, away]) {
      for (const other of [one, two, away]) {
        const used = new X509Certificate(user.pki.authority.certificate);
        assert.ok(
          other.pki.trusted.cluster.includes(user.pki.authority.certificate),
          `${other.name} trusts ${user.name}`,
        );
        assert.ok(used.ca);
        const { publicKey, oldPublicKeys } = other.pki.serviceAccount;
        assert.ok([publicKey, ...oldPublicKeys].includes(user.pki.serviceAccount.publicKey));
      }
    }
  }
  assert.notEqual(authorityOf(one), before);
  for (const each of [one, two, away]) {
    assert.equal(authorityOf(each), authorityOf(one), each.name);
    assert.equal(readRotation(each.directory)?.phase, "overlap");
    assert.deepEqual(each.pki.serviceAccount.oldPublicKeys, [oldToken]);
    assert.notEqual(each.pki.serviceAccount.publicKey, oldToken);
  }
  writeRotation(one.directory, { phase: "finishing", since, isShared: true });
  await pass(30_000);
  for (const each of [one, two, away]) {
    assert.equal(readRotation(each.directory), undefined, each.name);
    assert.deepEqual(each.pki.serviceAccount.oldPublicKeys, []);
    assert.equal(each.pki.trusted.cluster, one.pki.authority.certificate);
  }
  assert.deepEqual(readSharedFiles(two.directory), readSharedFiles(one.directory));
});

test("who was away catches up when it comes back, also after two exchanges; nothing readable lies in etcd", async () => {
  const { one, two, away } = await three();
  await away.stop();
  for (let exchange = 0; exchange < 2; exchange++) {
    writeRotation(one.directory, { phase: "begin", since, isShared: true });
    await pass(30_000);
    writeRotation(one.directory, { phase: "finishing", since, isShared: true });
    await pass(30_000);
    assert.equal(readRotation(two.directory), undefined);
  }
  assert.notEqual(authorityOf(away), authorityOf(one));
  assert.deepEqual(rows(two), [
    ["away", false, false],
    ["one", true, true],
    ["two", true, true],
  ]);
  await away.start();
  assert.equal(authorityOf(away), authorityOf(one));
  const { items } = await store.list({ prefix: "" });
  const stored = items.map(({ value }) => value.toString()).join("\n");
  assert.ok(stored.includes("publicKey"));
  assert.ok(!stored.includes("PRIVATE KEY"));
});

test("a new key for Secrets is readable everywhere before anybody writes with it, and the old one goes last", async () => {
  const { one, two, away } = await three();
  await away.stop();
  const [old] = encryptionKeyNames(one.dataDirectory);
  writeEncryptionPhase(two.directory, "begin");
  await pass(40_000);
  for (const each of [one, two]) {
    const orders = each.seen.map((names) => names.map((name) => (name === old ? "old" : "new")).join(" "));
    assert.deepEqual([...new Set(orders)], ["old", "old new", "new old"], each.name);
    assert.equal(readEncryptionPhase(each.directory), "written", "a server that is away may write with the old one");
  }
  assert.equal(one.rewritten + two.rewritten, 0);
  await away.start();
  await pass(30_000);
  for (const each of [one, two, away]) {
    assert.equal(readEncryptionPhase(each.directory), undefined, each.name);
    assert.equal(encryptionKeyNames(each.dataDirectory).length, 1);
    assert.notEqual(encryptionKeyNames(each.dataDirectory)[0], old);
  }
  assert.equal(one.rewritten + two.rewritten + away.rewritten, 1);
});

test("a server that is gone for good is forgotten by name; one that runs is not", async () => {
  const { one, two, away } = await three();
  await away.stop();
  writeEncryptionPhase(one.directory, "begin");
  await pass(40_000);
  assert.equal(readEncryptionPhase(two.directory), "written");
  wishToForget(one.dataDirectory, "two");
  await pass(4000);
  assert.equal(rows(one).length, 3);
  wishToForget(two.dataDirectory, "away");
  await pass(30_000);
  assert.equal(rows(one).length, 2);
  assert.equal(readEncryptionPhase(two.directory), undefined);
});

test("an old copy is helped by a server that runs; without one, or with other keys, it is told what to do", async () => {
  const { one, two, away } = await three();
  const copied = join(scratch, "copied");
  cpSync(one.directory, copied, { recursive: true });
  for (const each of [two, away]) await each.stop();
  writeRotation(one.directory, { phase: "begin", since, isShared: true });
  await pass(30_000);
  await one.stop();
  await pass(20_000);
  const late = await server("late", copied);
  await assert.rejects(late.start(), /no other server runs that could hand them over/);
  await two.start();
  assert.equal(authorityOf(two), authorityOf(one), "what was sealed for it lay there");
  await late.start();
  assert.equal(authorityOf(late), authorityOf(one));

  const stranger = await server("stranger");
  cpSync(join(copied, "key-generation"), join(stranger.directory, "key-generation"));
  const before = readFileSync(join(stranger.directory, "ca.key"), "utf8");
  await assert.rejects(stranger.start(), /are not those that this cluster had/);
  assert.equal(readFileSync(join(stranger.directory, "ca.key"), "utf8"), before);
});

test("a copy of the keys alone gets what belongs to them, and takes nothing away", async () => {
  const { one, two } = await three();
  writeRotation(one.directory, { phase: "begin", since, isShared: true });
  await pass(30_000);
  const bare = await server("bare");
  for (const file of readdirSync(bare.directory)) rmSync(join(bare.directory, file));
  for (const file of [
    "ca.crt",
    "ca.key",
    "front-proxy-ca.crt",
    "front-proxy-ca.key",
    "sa.key",
    "sa.pub",
    "encryption-configuration.json",
  ]) {
    cpSync(join(two.directory, file), join(bare.directory, file));
  }
  await bare.start();
  await pass(10_000);
  assert.deepEqual(readSharedFiles(bare.directory), readSharedFiles(one.directory));
  assert.equal(readRotation(one.directory)?.phase, "overlap");
  assert.equal(bare.pki.serviceAccount.oldPublicKeys.length, 1);
});
