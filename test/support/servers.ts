import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/base/clock.ts";
import { Client } from "../../src/client/client.ts";
import { createHttpTransport } from "../../src/client/http-transport.ts";
import { readKubeconfig } from "../../src/client/kubeconfig.ts";
import { freePort } from "./free-port.ts";
import { type Started, start } from "./run.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const START_MS = 60_000;

/** One of several API servers, as a process. */
export interface SharedServer {
  readonly name: string;
  readonly url: string;
  readonly kubeconfig: string;
  /** Starts it (again) and waits until it says that it is ready. */
  up(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it and waits. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Everything that it has logged. */
  log(): string;
  /** A client of the administrator; close its transport. */
  client(): Promise<Client>;
}

export interface SharedServers {
  readonly servers: readonly SharedServer[];
  remove(): Promise<void>;
}

/** Control planes that share an etcd: the first makes the keys, the others get them from it. */
export async function startServers(count: number, words: readonly string[]): Promise<SharedServers> {
  const directory = await mkdtemp(join(tmpdir(), "wherry-servers-"));
  const servers: SharedServer[] = [];
  for (let index = 0; index < count; index++) {
    const keys = index === 0 ? [] : ["--pki-dir", join(directory, "s0", "pki")];
    servers.push(serverIn(join(directory, `s${index}`), await freePort(), [...words, ...keys]));
  }
  const remove = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.end("SIGKILL")));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await mkdir(directory, { recursive: true });
    await servers[0]!.up();
    await Promise.all(servers.slice(1).map((server) => server.up()));
    return { servers, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function serverIn(dataDirectory: string, port: number, words: readonly string[]): SharedServer {
  const kubeconfig = join(dataDirectory, "kubeconfig");
  let program: Started | undefined;
  return {
    name: dataDirectory.slice(-2),
    url: `https://127.0.0.1:${port}`,
    kubeconfig,
    async up() {
      program = start(process.execPath, [
        ...[MAIN, "server", "--data-dir", dataDirectory, "--port", String(port)],
        ...words,
      ]);
      await untilReady(program);
    },
    signal: (signal) => void program?.child.kill(signal),
    async end(signal) {
      await program?.stop(signal);
      program = undefined;
    },
    log: () => readFileSync(join(dataDirectory, "wherry.log"), "utf8"),
    async client() {
      return new Client(createHttpTransport({ ...(await readKubeconfig(kubeconfig)), clock: systemClock }));
    },
  };
}

async function untilReady(program: Started): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  while (!/^Ready in /m.test(program.stderr())) {
    const hasEnded = program.child.exitCode !== null || program.child.signalCode !== null;
    if (hasEnded || performance.now() > giveUpAt) {
      throw new Error(`a server did not get ready:\n${program.stdout()}${program.stderr()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
