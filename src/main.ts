#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=32
import { systemClock } from "./base/clock.ts";
import { lazyBackups } from "./cli/backups.ts";
import { lazyKeys } from "./cli/cluster-keys.ts";
import { commands } from "./cli/commands.ts";
import { interrupts } from "./cli/interrupts.ts";
import type { Program } from "./cli/program.ts";
import { runCommandLine } from "./cli/run.ts";
import { createTerminal } from "./cli/terminal.ts";
import { keepAlive } from "./cli/wait.ts";
import { saveCompileCacheWhenIdle, useCompileCache } from "./compile-cache.ts";
import { tooOldNode } from "./old-node.ts";

const tooOld = tooOldNode(process.version);
if (tooOld !== undefined) {
  console.error(tooOld);
  process.exit(1);
}
useCompileCache(process.env);
// Node's words to programmers (of gRPC: an IP address as a server's name) say nothing to those who run a cluster.
process.noDeprecation = true;

/** Everything that runs a cluster is loaded when a command needs it: `wherry status` stays quick. */
const program: Program = {
  async up(options, output) {
    const running = await (await import("./program/program.ts")).up(options, output);
    saveCompileCacheWhenIdle(systemClock);
    return running;
  },
  part: async (name, options, output) => (await import("./program/program.ts")).part(name, options, output),
  cleanUp: async (options) => (await import("./program/clean-up.ts")).cleanUp(options),
  backups: lazyBackups(async () => (await import("./program/backups.ts")).backups),
  keys: lazyKeys(async () => (await import("./program/cluster-keys.ts")).clusterKeys),
};

const stopping = new AbortController();
const interrupted = interrupts({
  clock: systemClock,
  stop: () => stopping.abort(),
  leave: () => process.exit(1),
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupted);
// A reader that has gone (head, a closed terminal) must not keep a cluster from stopping in order.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
// Nothing below runs without somebody waiting for it: a rejection that nobody handles is a defect, and is told as one.
process.on("unhandledRejection", (reason) => {
  console.error("wherry: an unexpected error that nobody handled:", reason);
  process.exit(1);
});

// A server whose etcd is away waits for nothing but timers when it stops.
const command = runCommandLine(process.argv.slice(2), commands, {
  terminal: createTerminal({ out: process.stdout, error: process.stderr }, process.env),
  program,
  clock: systemClock,
  environment: process.env,
  signal: stopping.signal,
});
process.exit(await keepAlive(command));
