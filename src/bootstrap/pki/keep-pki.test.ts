import assert from "node:assert/strict";
import { createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { ensurePki, type Pki } from "./ensure-pki.ts";
import { type KeptPki, keepPki } from "./keep-pki.ts";
import { readRotation, writeRotation } from "./rotation.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const scratch = mkdtempSync(join(tmpdir(), "wherry-keep-pki-"));
after(() => rmSync(scratch, { recursive: true }));
let count = 0;

function optionsAt(clock: VirtualClock) {
  return {
    directory: join(scratch, `${count++}`),
    clock,
    random: systemRandom,
    nodeName: "boat",
    names: ["boat.local"],
    addresses: ["192.0.2.7"],
    log: silentLogger,
  };
}

/** Days until a certificate ends, by the clock of the test. */
function daysLeft(pem: string, clock: VirtualClock): number {
  return (Date.parse(new X509Certificate(pem).validTo) - clock.now()) / DAY_MS;
}

describe("a PKI that is kept", () => {
  let clock: VirtualClock;
  let kept: KeptPki;
  let directory: string;
  let seen: Pki[];
  beforeEach(async () => {
    clock = new VirtualClock();
    const options = optionsAt(clock);
    directory = options.directory;
    kept = await keepPki(options);
    seen = [];
    kept.onChange((pki) => void seen.push(pki));
  });
  afterEach(() => kept.stop());

  /** Time as it passes for a machine that runs: glances come, days go by. */
  async function live(days: number, stepDays: number): Promise<void> {
    for (let day = 0; day < days; day += stepDays) {
      await sleepThrough(stepDays);
      await kept.look();
    }
  }
  /** Time that passes unnoticed, as on a machine that sleeps: the timer sees only that the date is another. */
  async function sleepThrough(days: number): Promise<void> {
    jump(clock, days * DAY_MS);
  }

  test("has good leaves in thirteen months, without a restart", async () => {
    const before = kept.current();
    await live(395, 10);
    const now = kept.current();
    assert.ok(seen.length >= 1);
    assert.notEqual(now.apiServer.certificate, before.apiServer.certificate);
    assert.equal(now.authority.certificate, before.authority.certificate);
    for (const name of ["apiServer", "apiServerKubeletClient", "frontProxyClient", "kubeletServing", "admin"] as const)
      assert.ok(daysLeft(now[name].certificate, clock) > 100, name);
    assert.equal(now.serviceAccount.publicKey, before.serviceAccount.publicKey);
  });

  test("has good leaves and authorities in ten years, and what was trusted at first still verifies", async () => {
    const first = new X509Certificate(kept.current().authority.certificate);
    await live(3650, 30);
    const now = kept.current();
    assert.ok(daysLeft(now.authority.certificate, clock) > 1000);
    assert.ok(daysLeft(now.frontProxyAuthority.certificate, clock) > 1000);
    assert.ok(daysLeft(now.apiServer.certificate, clock) > 100);
    assert.ok(new X509Certificate(now.apiServer.certificate).verify(first.publicKey), "the authority kept its key");
  });

  test("notices at the next glance that the machine slept for a year", async () => {
    const before = kept.current();
    await sleepThrough(400);
    await clock.advance(2500);
    await kept.look();
    assert.notEqual(kept.current().apiServer.certificate, before.apiServer.certificate);
    assert.ok(daysLeft(kept.current().apiServer.certificate, clock) > 300);
  });

  test("notices what others change in the directory", async () => {
    unlinkSync(join(directory, "apiserver.crt"));
    await clock.advance(2500);
    await kept.look();
    assert.equal(seen.length, 1);
  });

  test("certifies an address that the machine has got meanwhile, and keeps what it has when one goes", async () => {
    const addresses: string[] = [];
    const given = { ...optionsAt(clock), host: () => ({ names: [], addresses }) };
    const moving = await keepPki(given);
    const certificate = (): X509Certificate => new X509Certificate(moving.current().apiServer.certificate);
    addresses.push("198.51.100.9");
    await moving.look();
    assert.equal(certificate().checkIP("198.51.100.9"), "198.51.100.9");
    const { serialNumber } = certificate();
    addresses.pop();
    await moving.look();
    assert.equal(certificate().serialNumber, serialNumber);
    await moving.stop();
  });

  test("changes nothing while nothing is due", async () => {
    await clock.advance(3 * 60 * 60 * 1000);
    await kept.look();
    assert.deepEqual(seen, []);
  });

  test("calls a listener again that failed", async () => {
    let calls = 0;
    kept.onChange(() => {
      if (++calls === 1) throw new Error("not now");
    });
    unlinkSync(join(directory, "admin.crt"));
    await clock.advance(2500);
    await kept.look();
    await clock.advance(2500);
    await kept.look();
    assert.equal(calls, 2);
  });
});

describe("an exchange of the authorities", () => {
  const begin = (directory: string, clock: VirtualClock): void =>
    writeRotation(directory, { phase: "begin", since: new Date(clock.now()).toISOString() });

  test("issues all anew, trusts both, and certifies the new by the old", async () => {
    const clock = new VirtualClock();
    const options = optionsAt(clock);
    const before = await ensurePki(options);
    begin(options.directory, clock);
    const now = await ensurePki(options);
    assert.equal(readRotation(options.directory)?.phase, "overlap");
    assert.notEqual(now.authority.certificate, before.authority.certificate);
    assert.equal(now.trusted.cluster, now.authority.certificate + before.authority.certificate);
    assert.deepEqual(now.serviceAccount.oldPublicKeys, [before.serviceAccount.publicKey]);
    for (const name of ["apiServer", "admin", "kubeletClient", "frontProxyClient"] as const) {
      const authority = name === "frontProxyClient" ? now.frontProxyAuthority : now.authority;
      const leaf = new X509Certificate(now[name].certificate);
      assert.ok(leaf.verify(createPublicKey(authority.certificate)), name);
    }
    for (const file of readdirSync(options.directory))
      assert.equal(statSync(join(options.directory, file)).mode & 0o777, 0o600, file);
    const again = await ensurePki(options);
    assert.deepEqual(again.written, []);
    assert.deepEqual({ ...again, written: now.written }, now);
  });

  test("lets who knows only the old authority, and who knows only the new one, verify the API server", async () => {
    const clock = new VirtualClock(Date.now());
    const options = optionsAt(clock);
    const before = await ensurePki(options);
    begin(options.directory, clock);
    const overlap = await ensurePki(options);
    writeRotation(options.directory, { phase: "finish", since: new Date(clock.now()).toISOString() });
    const after = await ensurePki(options);
    for (const pki of [overlap, after]) {
      const server = createServer({ key: pki.apiServer.key, cert: pki.apiServer.certificate });
      server.on("tlsClientError", () => {});
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      for (const ca of [before.authority.certificate, pki.authority.certificate, pki.trusted.cluster]) {
        const socket = await new Promise<TLSSocket>((resolve, reject) => {
          const made = connect({ host: "127.0.0.1", port, ca }, () => resolve(made));
          made.on("error", reject);
        });
        assert.equal(socket.authorized, true);
        socket.destroy();
      }
      server.close();
    }
    assert.equal(after.trusted.cluster, after.authority.certificate);
    assert.deepEqual(after.serviceAccount.oldPublicKeys, []);
    assert.equal(readRotation(options.directory), undefined);
  });

  test("goes on wherever it was broken off", async () => {
    const clock = new VirtualClock();
    const whole = optionsAt(clock);
    await ensurePki(whole);
    begin(whole.directory, clock);
    const steps = (await ensurePki(whole)).written.length;
    for (let step = 0; step < steps; step++) {
      const options = optionsAt(clock);
      const before = await ensurePki(options);
      begin(options.directory, clock);
      // Every write draws serial numbers or renames; the source of chance fails at the given one, as a crash would.
      let draws = 0;
      const random = {
        ...systemRandom,
        bytes(length: number) {
          if (draws++ === step) throw new Error("crash");
          return systemRandom.bytes(length);
        },
      };
      await ensurePki({ ...options, random }).catch(() => undefined);
      const now = await ensurePki(options);
      assert.equal(readRotation(options.directory)?.phase, "overlap", `step ${step}`);
      assert.equal(now.trusted.cluster, now.authority.certificate + before.authority.certificate, `step ${step}`);
      assert.deepEqual(now.serviceAccount.oldPublicKeys, [before.serviceAccount.publicKey], `step ${step}`);
      const signature = sign("sha256", Buffer.from("token"), now.serviceAccount.privateKey);
      assert.ok(verify("sha256", Buffer.from("token"), now.serviceAccount.publicKey, signature), `step ${step}`);
    }
  });

  test("that nobody finishes finishes itself after a month", async () => {
    const clock = new VirtualClock();
    const options = optionsAt(clock);
    await ensurePki(options);
    begin(options.directory, clock);
    await ensurePki(options);
    jump(clock, 31 * DAY_MS);
    const now = await ensurePki(options);
    assert.equal(now.trusted.cluster, now.authority.certificate);
  });
});

/** Moves the wall clock without firing what would have fallen due: timers of a sleeping machine do not run. */
function jump(clock: VirtualClock, byMs: number): void {
  const now = clock.now.bind(clock);
  clock.now = () => now() + byMs;
}
