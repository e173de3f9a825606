import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { cleanEnvironment } from "./run.ts";

const PROGRAM = "/usr/bin/etcd";
const START_TIMEOUT_MS = 30_000;

/** Why tests with a real etcd cannot run here, or false when they can: what node:test takes as `skip`. */
export function withoutEtcd(): string | false {
  try {
    accessSync(PROGRAM, constants.X_OK);
    return false;
  } catch {
    return `not installed: ${PROGRAM} (npm run setup -- test)`;
  }
}

/** Files by which members and clients prove themselves to each other. */
export interface EtcdTls {
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface EtcdOptions {
  /** 1 when absent. */
  readonly members?: number;
  /** Clients must use TLS and show a certificate of this authority. */
  readonly tls?: EtcdTls;
  /** Further flags of each member. */
  readonly flags?: readonly string[];
}

export interface EtcdMember {
  readonly name: string;
  readonly url: string;
  /** Kills it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again with its data. Does not wait until it answers. */
  start(): void;
  /** It keeps its connections and does nothing. */
  pause(): void;
  resume(): void;
  /** What it said, for the report of a failure. */
  log(): string;
}

/** A real etcd cluster on the loopback address, with its data in a directory of its own. */
export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly urls: readonly string[];
  readonly directory: string;
  /** Resolves when this member, or each one, answers and has a leader. */
  healthy(member?: EtcdMember): Promise<void>;
  /** Kills all members and removes their data. */
  stop(): Promise<void>;
}

export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdCluster> {
  const directory = await mkdtemp(join(tmpdir(), "wherry-etcd-"));
  const count = options.members ?? 1;
  const places = await Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      name: `m${index}`,
      client: await freePort(),
      peer: await freePort(),
      metrics: await freePort(),
    })),
  );
  const initial = places.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(",");
  const members = places.map((place) => createMember(place, { directory, initial, options }));
  for (const member of members) member.start();
  const healthy = async (one?: EtcdMember): Promise<void> => {
    const wanted = members.filter((member) => one === undefined || member === one);
    await Promise.all(wanted.map(isHealthy)).catch((error: unknown) => {
      throw new Error(`${error}\n${wanted.map((member) => member.log().slice(-2000)).join("\n")}`);
    });
  };
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.kill()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await healthy();
  } catch (error) {
    await stop();
    throw error;
  }
  return { members, urls: members.map((member) => member.url), directory, healthy, stop };
}

interface Place {
  readonly name: string;
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

interface RunningMember extends EtcdMember {
  readonly healthUrl: string;
}

function createMember(place: Place, from: { directory: string; initial: string; options: EtcdOptions }): RunningMember {
  const { tls, flags = [] } = from.options;
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${place.client}`;
  const peerUrl = `http://127.0.0.1:${place.peer}`;
  const words = [
    ...["--name", place.name, "--data-dir", join(from.directory, place.name)],
    ...["--listen-client-urls", url, "--advertise-client-urls", url],
    ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
    ...["--initial-cluster", from.initial, "--initial-cluster-token", from.directory],
    ...["--listen-metrics-urls", `http://127.0.0.1:${place.metrics}`],
    ...(tls === undefined
      ? []
      : ["--cert-file", tls.certificateFile, "--key-file", tls.keyFile, "--trusted-ca-file", tls.authorityFile]),
    ...(tls === undefined ? [] : ["--client-cert-auth"]),
    ...flags,
  ];
  let child: ChildProcess | undefined;
  let said = "";
  return {
    name: place.name,
    url,
    healthUrl: `http://127.0.0.1:${place.metrics}/health`,
    start() {
      child = spawn(PROGRAM, words, { env: cleanEnvironment, stdio: ["ignore", "ignore", "pipe"] });
      child.on("error", (error) => (said += String(error)));
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-20_000)));
    },
    async kill() {
      const ending = child;
      child = undefined;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = new Promise((resolve) => ending.once("close", resolve));
      ending.kill("SIGKILL");
      await ended;
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    log: () => said,
  };
}

async function isHealthy(member: RunningMember): Promise<void> {
  const look = async (): Promise<boolean> => {
    try {
      const response = await fetch(member.healthUrl, { signal: AbortSignal.timeout(2000) });
      return ((await response.json()) as { health?: string }).health === "true";
    } catch {
      return false;
    }
  };
  await eventually(`etcd ${member.name} is healthy`, look, { timeoutMs: START_TIMEOUT_MS });
}
