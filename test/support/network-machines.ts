import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Result, type RunOptions, run, type Started, start } from "./run.ts";

/** A machine as the network sees one: a network namespace of its own, with one cable to the other machine. */
export interface NetworkMachine {
  readonly address: string;
  /** Runs a program in it to its end. */
  run(program: string, words: readonly string[], options?: RunOptions): Promise<Result>;
  start(program: string, words: readonly string[]): Started;
  /** Devices, routes and rules that it has. */
  network(): Promise<readonly string[]>;
}

export interface NetworkMachines {
  readonly first: NetworkMachine;
  readonly second: NetworkMachine;
  /** Lets a loopback port of this machine be the same on both. */
  share(port: number): Promise<void>;
  remove(): Promise<void>;
}

const CABLE = "cable0";
/** Listens on a loopback port and passes what comes to a socket of the file system, which namespaces share. */
const RELAY = `const { connect, createServer } = require("node:net");
const [port, path] = process.argv.slice(1);
createServer({ allowHalfOpen: true }, (from) => {
  const to = connect({ path, allowHalfOpen: true });
  for (const end of [from, to]) end.on("error", () => { from.destroy(); to.destroy(); });
  from.pipe(to).pipe(from);
}).listen(Number(port), "127.0.0.1", () => console.log("relays"));`;

/** Two machines on this one, with a cable between them. */
export async function connectMachines(): Promise<NetworkMachines> {
  const names = ["first", "second"].map((name) => `whm${process.pid}${name}`) as [string, string];
  const directory = mkdtempSync(join(tmpdir(), "wherry-machines-"));
  const relays: Started[] = [];
  let door: Server | undefined;
  const ip = async (words: string): Promise<void> => {
    const result = await run("ip", words.split(" "));
    assert.equal(result.code, 0, `ip ${words}: ${result.stderr}`);
  };
  const remove = async (): Promise<void> => {
    for (const relay of relays) await relay.stop();
    door?.close();
    for (const name of names) await run("ip", ["netns", "delete", name]);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (const name of names) await ip(`netns add ${name}`);
    await ip(`link add ${CABLE} netns ${names[0]} type veth peer name ${CABLE} netns ${names[1]}`);
    for (const [index, name] of names.entries()) {
      await ip(`-n ${name} addr add ${addressOf(index)}/24 dev ${CABLE}`);
      for (const device of ["lo", CABLE]) await ip(`-n ${name} link set ${device} up`);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  const machines = names.map((name, index) => machine(name, addressOf(index))) as [NetworkMachine, NetworkMachine];
  return {
    first: machines[0],
    second: machines[1],
    async share(port) {
      const path = join(directory, "shared.sock");
      door = createServer({ allowHalfOpen: true }, (from) => {
        const to = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        for (const end of [from, to])
          end.on("error", () => {
            from.destroy();
            to.destroy();
          });
        from.pipe(to).pipe(from);
      }).listen(path);
      await once(door, "listening");
      for (const each of machines) {
        const relay = each.start(process.execPath, ["-e", RELAY, String(port), path]);
        relays.push(relay);
        await once(relay.child.stdout!, "data");
      }
    },
    remove,
  };
}

function addressOf(index: number): string {
  return `192.0.2.${index + 1}`;
}

function machine(name: string, address: string): NetworkMachine {
  // Of the network alone: containers' namespaces and mounts are the machine's own.
  const inside = (program: string, words: readonly string[]): string[] => [
    `--net=/run/netns/${name}`,
    program,
    ...words,
  ];
  const lines = async (program: string, ...words: string[]): Promise<string[]> => {
    const { stdout } = await run("nsenter", inside(program, words));
    return stdout.split("\n").filter((line) => line !== "");
  };
  return {
    address,
    run: (program, words, options = {}) => run("nsenter", inside(program, words), options),
    start: (program, words) => start("nsenter", inside(program, words)),
    async network() {
      const links = await lines("ip", "-brief", "link");
      return [
        ...links.map((line) => line.split(/\s+/)[0]!),
        ...(await lines("ip", "route")),
        ...(await lines("nft", "list", "tables")),
      ];
    },
  };
}
