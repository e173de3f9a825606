import assert from "node:assert/strict";
import { createServer } from "node:net";
import { suite, test } from "node:test";
import { CommandError } from "../cli/command.ts";
import { DataDirectoryError } from "../store/embedded/data-directory.ts";
import { explain } from "./explain.ts";
import { nextFreePort } from "./free-port.ts";
import { outputProgress } from "./progress.ts";

suite("why a start failed", () => {
  const listen = (code: string): Error =>
    Object.assign(new Error(`listen ${code}`), { code, syscall: "listen", address: "127.0.0.1", port: 443 });

  for (const [code, exitCode, message] of [
    ["EADDRINUSE", 5, /^port 443 on 127\.0\.0\.1 is in use .*--port/],
    ["EACCES", 1, /^no permission to listen on port 443: .*--port/],
    ["EADDRNOTAVAIL", 2, /^this machine has no address 127\.0\.0\.1: .*--bind/],
  ] as const) {
    test(code, () => {
      const error = explain(listen(code));
      assert.ok(error instanceof CommandError);
      assert.equal(error.exitCode, exitCode);
      assert.match(error.message, message);
    });
  }

  test("a data directory that somebody has is exit code 5, a damaged one stays what it is", () => {
    const used = explain(new DataDirectoryError("the data directory /d is in use by process 7; stop that process"));
    assert.equal(used instanceof CommandError && used.exitCode, 5);
    const damaged = new DataDirectoryError("/d/store.db is damaged");
    assert.equal(explain(damaged), damaged);
  });

  test("a program that is not installed is exit code 4", () => {
    const missing = explain(new Error("cannot run ip: install the package iproute2"));
    assert.equal(missing instanceof CommandError && missing.exitCode, 4);
  });

  test("a step reports and throws what the error means", async () => {
    const reported: unknown[] = [];
    const progress = outputProgress({
      step: () => ({ done: () => {}, failed: (error) => reported.push(error) }),
      notice: () => {},
      log: () => {},
    });
    await assert.rejects(
      progress.step("API server", () => Promise.reject(listen("EADDRINUSE"))),
      /is in use/,
    );
    assert.match(String(reported[0]), /is in use/);
  });
});

suite("the next free port", () => {
  test("is not the one that somebody listens on", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    try {
      assert.ok((await nextFreePort("127.0.0.1", port)) > port);
    } finally {
      other.close();
    }
  });

  test("of an address that this machine does not have is an error about the address", async () => {
    await assert.rejects(nextFreePort("192.0.2.1", 23_000), /no address 192\.0\.2\.1.*--bind/);
  });
});
