import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

/** A clone of which only the set-up script is real: npm, node and apt-get note that they were called. */
let clone = "";

const script = (file: string, text: string): void => {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
};

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "wherry-setup-"));
  for (const name of ["bin", "scripts", "tools"]) mkdirSync(join(clone, name));
  copyFileSync(fileURLToPath(new URL("setup.sh", import.meta.url)), join(clone, "scripts/setup.sh"));
  writeFileSync(join(clone, "package-lock.json"), "{}");
  script(
    join(clone, "node"),
    "cd src/api/generated 2>/dev/null && exit; mkdir -p src/api/generated; touch src/api/generated/stamp.json; echo made",
  );
  script(join(clone, "bin/npm"), "echo npm runs; mkdir -p node_modules/.bin; cp node node_modules/.bin/node");
  for (const tool of ["containerd", "runc", "nft", "conntrack", "ip"]) script(join(clone, "tools", tool), "");
  script(join(clone, "tools/id"), "echo 1000");
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

function setUp(path = [`${clone}/bin`, `${clone}/tools`, "/usr/bin", "/bin"]) {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["scripts/setup.sh"], {
    cwd: clone,
    env: { PATH: path.join(":") },
    encoding: "utf8",
  });
  return { status, stdout, lines: stderr.trimEnd().split("\n") };
}

test("says what takes long before it begins, then the time; the second run has nothing to do or say", () => {
  const first = setUp();
  assert.equal(first.status, 0, first.lines.join("\n"));
  assert.equal(first.lines[0], "… npm packages: the first time this takes about a minute");
  assert.equal(first.lines[1], "npm runs");
  assert.match(first.lines[2]!, /^✓ npm packages +\d+ s$/);
  assert.match(first.lines[3]!, /^… schema: /);
  assert.match(first.lines[4]!, /^✓ schema +\d+ s {2}made$/);
  assert.equal(first.stdout, "", "results of set-up are for people: standard output stays the command's own");
  const second = setUp();
  assert.equal(second.status, 0);
  assert.ok(!second.lines.some((line) => /npm|schema/.test(line)), second.lines.join("\n"));
});

test("a changed lock file installs again", () => {
  setUp();
  writeFileSync(join(clone, "package-lock.json"), '{"changed":true}');
  assert.ok(setUp().lines.includes("npm runs"));
});

test("npm that fails ends set-up with a line that says so, and the next run tries again", () => {
  script(join(clone, "bin/npm"), "echo 'npm error network' >&2; exit 7");
  const failed = setUp();
  assert.equal(failed.status, 1);
  assert.match(failed.lines.at(-1)!, /^✗ npm packages: npm ci failed/);
  script(join(clone, "bin/npm"), "mkdir -p node_modules/.bin; cp node node_modules/.bin/node");
  assert.equal(setUp().status, 0);
});

test("who is not root is told in one line which packages containers need", {
  skip: process.platform !== "linux",
}, () => {
  script(join(clone, "tools/uname"), "echo Linux");
  rmSync(join(clone, "tools/conntrack"));
  // Only the tools of this test: what is installed on the machine must not count.
  for (const tool of ["cat", "cmp", "cp", "date", "dirname", "mkdir", "sh", "touch"]) {
    const found = spawnSync("/bin/sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
    script(join(clone, "tools", tool), `exec ${found} "$@"`);
  }
  const { status, lines } = setUp([`${clone}/bin`, `${clone}/tools`]);
  assert.equal(status, 0);
  // /usr/sbin is always looked at: a machine that has the program there needs nothing.
  const there = ["/usr/sbin/conntrack", "/sbin/conntrack"].some((file) => existsSync(file));
  const told = lines.filter((line) =>
    /^! for real containers, install as root \(Debian's names\): .*conntrack/.test(line),
  );
  assert.equal(told.length, there ? 0 : 1, lines.join("\n"));
});
