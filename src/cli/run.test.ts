import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { CommandError } from "./command.ts";
import { commands } from "./commands.ts";
import { runCommandLine } from "./run.ts";
import { recording } from "./testing/recording.ts";

async function run(words: readonly string[], list: readonly Command[] = commands, environment = {}) {
  const { context, printed, said } = recording(environment);
  const code = await runCommandLine(words, list, context);
  return { code, printed: printed(), said: said() };
}

suite("help", () => {
  test("lists every command, and the exit codes", async () => {
    for (const words of [[], ["help"], ["--help"], ["-h"]]) {
      const { code, printed } = await run(words);
      assert.equal(code, 0);
      for (const { name } of commands) assert.match(printed, new RegExp(`^ {2}${name} `, "m"));
      assert.match(printed, /^Exit codes: 0 .*5 /ms);
    }
  });

  for (const command of commands) {
    test(`of ${command.name} shows its options, their defaults and an example`, async () => {
      const { code, printed, said } = await run([command.name, "--help"]);
      assert.deepEqual([code, said], [0, ""]);
      for (const name of Object.keys(command.options)) assert.match(printed, new RegExp(`^ {2}.*--${name}\\b`, "m"));
      assert.match(printed, new RegExp(`^Examples?:\\n {2}.*wherry ${command.name}`, "m"));
      assert.match(printed, /^Exit codes: /m);
      assert.equal((await run(["help", command.name])).printed, printed);
      for (const line of printed.split("\n")) assert.ok(line.length <= 120, line);
    });
  }

  test("puts options under headings, those of everyday first", async () => {
    const { printed } = await run(["up", "--help"]);
    const headings = printed.split("\n").filter((line) => /^[A-Z].*:$/.test(line));
    assert.deepEqual(headings, [
      "Options:",
      "Objects in etcd:",
      "Addresses, decided at the first start:",
      "Authentication:",
      "Service account tokens:",
      "Authorization:",
      "Encryption on disk:",
      "Audit:",
      "Requests at once:",
      "Admission:",
      "HTTPS:",
      "Others that the server asks:",
      "Metrics:",
      "Features:",
      "Examples:",
    ]);
    const [options] = printed.split("Objects in etcd:");
    assert.match(options!, /--data-dir DIR .*--help/s);
  });

  test("knows other words for a command, and no others", async () => {
    assert.match((await run(["help", "stop"])).printed, /Usage: wherry down/);
    const { code, said } = await run(["help", "nonsense"]);
    assert.equal(code, 2);
    assert.match(said, /no command "nonsense"/);
  });
});

suite("a command line", () => {
  const table: [string, string[], RegExp][] = [
    ["an unknown command", ["nonsense"], /^wherry: there is no command "nonsense"\nRun "wherry --help"/],
    ["an unknown option", ["up", "--prot", "1"], /^wherry up: Unknown option '--prot'\nRun "wherry up --help"/],
    ["an option without its value", ["up", "--port"], /--port .*missing/],
    ["a word too many", ["status", "nginx"], /^wherry status: "nginx" is too much/],
    ["a port that is none", ["up", "--port", "65536"], /--port is a number from 0 to 65535, not "65536"/],
    ["an address that is none", ["up", "--bind", "example.org"], /--bind is an IP address .*"example.org"/],
    ["a name that no node may have", ["up", "--node-name", "A_b"], /"A_b" cannot be a node's name/],
    ["a runtime that is none", ["up", "--runtime", "docker"], /--runtime is auto, containerd or simulated/],
    ["a format that is none", ["status", "-o", "yaml"], /--output is text or json, not "yaml"/],
  ];
  for (const [what, words, message] of table) {
    test(`with ${what} is exit code 2 and starts nothing`, async () => {
      const { code, printed, said } = await run(words);
      assert.equal(code, 2, said);
      assert.equal(printed, "");
      assert.match(said, message);
    });
  }

  const failing = (error: Error): Command => ({
    name: "try",
    summary: "",
    usage: "try",
    options: {},
    examples: [],
    run: () => Promise.reject(error),
  });
  test("ends with the exit code of its error, without a stack", async () => {
    for (const code of [1, 2, 3, 4, 5] satisfies ExitCode[]) {
      const result = await run(["try"], [failing(new CommandError("why", code))]);
      assert.deepEqual([result.code, result.said], [code, "wherry try: why"]);
    }
    const other = await run(["try"], [failing(new Error("what the system says"))]);
    assert.deepEqual([other.code, other.said], [1, "wherry try: what the system says"]);
  });

  test("options before the words of a program that they are passed on to are the command's own", async () => {
    const invocations: Invocation[] = [];
    const command: Command = {
      ...failing(new Error()),
      passThrough: true,
      options: { "data-dir": { type: "string", description: "" } },
      run: async (invocation) => {
        invocations.push(invocation);
        return 0;
      },
    };
    const cases: [string[], string | undefined, string[]][] = [
      [["get", "pods", "--data-dir", "x"], undefined, ["get", "pods", "--data-dir", "x"]],
      [["--data-dir", "x", "get", "--help"], "x", ["get", "--help"]],
      [["--data-dir=x", "-n", "kube-system"], "x", ["-n", "kube-system"]],
    ];
    for (const [words, directory, parameters] of cases) {
      assert.equal((await run(["try", ...words], [command])).code, 0);
      const { options, parameters: passed } = invocations.at(-1)!;
      assert.deepEqual([options["data-dir"], passed], [directory, parameters]);
    }
  });
});

suite("without a cluster", () => {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "wherry-cli-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test("status says so, for people and scripts, with exit code 3", async () => {
    const text = await run(["status", "--data-dir", directory]);
    assert.deepEqual([text.code, text.printed], [3, `No cluster runs with ${directory}.`]);
    const json = await run(["status", "--data-dir", directory, "-o", "json"]);
    assert.deepEqual([json.code, JSON.parse(json.printed)], [3, { running: false, dataDirectory: directory }]);
  });

  test("down and kubeconfig have exit code 3", async () => {
    assert.equal((await run(["down", "--data-dir", directory])).code, 3);
    const kubeconfig = await run(["kubeconfig", "--data-dir", directory]);
    assert.equal(kubeconfig.code, 3);
    assert.match(kubeconfig.said, /there is no kubeconfig at .*: bring a cluster up first/);
  });

  test("kubectl that is missing is exit code 4 and says where to get it", async () => {
    const { code, said } = await run(["kubectl", "get", "pods"], commands, { PATH: directory });
    assert.equal(code, 4);
    assert.match(said, /kubectl is not on your PATH\. Get it from https:/);
  });

  test("kubectl that fails keeps its exit code, and one line says that nothing runs", async () => {
    writeFileSync(join(directory, "kubeconfig"), "");
    const kubectl = join(directory, "kubectl");
    writeFileSync(kubectl, `#!/bin/sh\n[ "$KUBECONFIG" = "${directory}/kubeconfig" ] && exit 3\nexit 4\n`);
    chmodSync(kubectl, 0o755);
    const { code, said } = await run(["kubectl", "--data-dir", directory, "get"], commands, { PATH: directory });
    assert.equal(code, 3);
    assert.match(said, /no "wherry up" runs with/);
  });
});
