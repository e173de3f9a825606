import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { kubectlOf } from "./kubectl.ts";
import { startProcess, type WherryProcess } from "./wherry-process.ts";

const MAIN = join(import.meta.dirname, "../../src/main.ts");

interface Finding {
  readonly id: string;
  readonly result: string;
  readonly seen: string;
}

describe("a cluster as it comes", () => {
  let directory: string;
  let wherry: WherryProcess;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "wherry-security-"));
    wherry = startProcess([MAIN, "up", "--no-node", "--port", "0", "--data-dir", directory]);
    await wherry.said(/Ready in/);
  });
  after(async () => {
    await wherry.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const run = (...words: string[]): Promise<{ code: number; printed: string; said: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [MAIN, ...words, "--data-dir", directory], { timeout: 60_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), printed: out, said: err }),
      );
    });
  const findings = async (): Promise<{ code: number; of(id: string): Finding; failed: Finding[]; passed: number }> => {
    const { code, printed } = await run("check", "security", "--output", "json");
    const report = JSON.parse(printed) as { pass: number; findings: Finding[] };
    return {
      code,
      of: (id) => report.findings.find((each) => each.id === id)!,
      failed: report.findings.filter(({ result }) => result === "FAIL"),
      passed: report.pass,
    };
  };
  const kubectl = (...words: string[]): Promise<string> => kubectlOf(join(directory, "kubeconfig"))(...words);

  test("passes the benchmark's checks, and they leave nothing behind", async () => {
    const { code, failed, passed } = await findings();
    assert.deepEqual([code, failed], [0, []]);
    assert.ok(passed > 60, `${passed} passed`);
    assert.doesNotMatch(await kubectl("get", "secrets,serviceaccounts", "-A", "-o", "name"), /cis-/);
  });

  test("fails them for what is wrong: an open file, rights for everybody", async () => {
    chmodSync(join(directory, "pki", "apiserver.key"), 0o644);
    await kubectl(
      "create",
      "clusterrolebinding",
      "oops",
      "--clusterrole=cluster-admin",
      "--group=system:unauthenticated",
    );
    const { code, of } = await findings();
    assert.equal(code, 1);
    assert.match(of("1.1.21").seen, /apiserver.key 644/);
    assert.equal(of("5.1.1").result, "FAIL");
    chmodSync(join(directory, "pki", "apiserver.key"), 0o600);
    await kubectl("delete", "clusterrolebinding", "oops");
    assert.equal((await findings()).code, 0);
  });

  test("lists its certificates, and renews them while it runs", async () => {
    const { printed } = await run("certs");
    assert.match(printed, /^CERTIFICATE +SUBJECT +SIGNED BY +EXPIRES +REMAINING\n/);
    assert.match(printed, /^apiserver +CN=kube-apiserver +kubernetes +\S+ \S+ UTC +36\d days$/m);
    assert.match(printed, /^ca +CN=kubernetes +kubernetes +.* 9 years$/m);
    const certificate = (): string => readFileSync(join(directory, "pki", "apiserver.crt"), "utf8");
    const before = certificate();
    const { code, said } = await run("certs", "renew");
    assert.equal(code, 0, said);
    assert.notEqual(certificate(), before);
    assert.match(await kubectl("get", "--raw", "/readyz"), /ok/);
  });

  test("exchanges its authorities: old copies of the kubeconfig work until the exchange is finished", async () => {
    const old = join(directory, "old-kubeconfig");
    copyFileSync(join(directory, "kubeconfig"), old);
    const token = (await kubectl("create", "token", "default")).trim();
    const begun = await run("certs", "rotate");
    assert.equal(begun.code, 0, begun.said);
    assert.match((await run("certs", "rotate")).said, /finish that first/);
    assert.match((await run("certs", "list")).printed, /The authorities were exchanged/);
    const bundle = ["get", "configmap", "kube-root-ca.crt", "-o", "jsonpath={.data.ca\\.crt}"];
    const published = await kubectlOf(join(directory, "kubeconfig")).until(
      (output) => output.split("BEGIN CERTIFICATE").length === 3,
      bundle,
    );
    assert.ok(published.includes(readFileSync(join(directory, "pki", "ca.crt"), "utf8").trim()));
    assert.match(await kubectlOf(old)("get", "--raw", "/readyz"), /ok/);
    assert.match(await whoami(old, token), /system:serviceaccount:default:default/);
    assert.equal((await findings()).code, 0);

    const finished = await run("certs", "rotate", "--finish");
    assert.equal(finished.code, 0, finished.said);
    await assert.rejects(kubectlOf(old)("get", "namespaces"), /Unauthorized|logged in|provide credentials/);
    await assert.rejects(whoami(join(directory, "kubeconfig"), token), /Unauthorized|logged in|provide credentials/);
    assert.match(await kubectl("get", "namespaces"), /default/);
    assert.equal((await findings()).code, 0);
  });

  test("exchanges the key that encrypts Secrets", async () => {
    await kubectl("create", "secret", "generic", "database", "--from-literal=password=correct-horse");
    const file = join(directory, "pki", "encryption-configuration.json");
    const before = readFileSync(file, "utf8");
    const { code, said } = await run("secrets", "rotate-key");
    assert.equal(code, 0, said);
    const names = [...readFileSync(file, "utf8").matchAll(/"name": "([^"]+)"/g)].map(([, name]) => name);
    assert.equal(names.length, 1);
    assert.equal(before.includes(names[0]!), false);
    const read = await kubectl("get", "secret", "database", "-o", "jsonpath={.data.password}");
    assert.equal(Buffer.from(read, "base64").toString(), "correct-horse");
    const store = readdirSync(join(directory, "store")).filter((name) => name.startsWith("store.db"));
    const bytes = Buffer.concat(store.map((name) => readFileSync(join(directory, "store", name))));
    assert.equal(bytes.includes("correct-horse"), false);
    assert.equal(bytes.includes(Buffer.from("correct-horse").toString("base64")), false);
  });

  test("says what a wrong command line lacks", async () => {
    assert.equal((await run("certs", "nonsense")).code, 2);
    assert.equal((await run("certs", "list", "--finish")).code, 2);
    assert.match((await run("certs", "rotate", "--finish")).said, /no exchange of authorities to finish/);
  });

  /** With a bearer token alone: the kubeconfig's certificate would count first. */
  async function whoami(kubeconfig: string, token: string): Promise<string> {
    const server = /server: "?(https:\/\/[^"\s]+)/.exec(readFileSync(kubeconfig, "utf8"))![1]!;
    const ca = join(directory, "pki", "ca.crt");
    return kubectlOf("/dev/null")(
      "auth",
      "whoami",
      "--server",
      server,
      "--certificate-authority",
      ca,
      "--token",
      token,
    );
  }
});
