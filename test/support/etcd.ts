import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { cleanEnvironment, run } from "./run.ts";

/** Another version: WHERRY_ETCD=/path/to/etcd. */
const PROGRAM = process.env.WHERRY_ETCD ?? "/usr/bin/etcd";
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
  /** Members can be cut off: each runs as a user of its own, whose packets can be dropped. Needs root and nft. */
  readonly canBeCutOff?: boolean;
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
  /** Nothing that it sends arrives any more, neither at clients nor at other members. */
  cutOff(): Promise<void>;
  rejoin(): Promise<void>;
  /** Whether it says that it leads the others. */
  isLeader(): Promise<boolean>;
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
  const places = await Promise.all(
    Array.from({ length: options.members ?? 1 }, (_, index) => placeOf(index, directory, options)),
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
    if (options.canBeCutOff === true) await Promise.all(members.map((member) => member.rejoin()));
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
  readonly user: number | undefined;
}

/** No other user of a machine has such a number. */
const FIRST_USER = 640_000;

async function placeOf(index: number, directory: string, options: EtcdOptions): Promise<Place> {
  const name = `m${index}`;
  const [client, peer, metrics] = [await freePort(), await freePort(), await freePort()];
  const user = options.canBeCutOff === true ? FIRST_USER + client : undefined;
  if (user !== undefined) {
    await chmod(directory, 0o711);
    await mkdir(join(directory, name), { mode: 0o700 });
    await chown(join(directory, name), user, user);
  }
  return { name, client, peer, metrics, user };
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
      const { user } = place;
      const as = user === undefined ? {} : { uid: user, gid: user };
      child = spawn(PROGRAM, words, { env: cleanEnvironment, stdio: ["ignore", "ignore", "pipe"], ...as });
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
    async cutOff() {
      const chain = `type filter hook output priority 0\nmeta skuid ${place.user} drop`;
      const rules = `table inet ${tableOf(place)} {\nchain output {\n${chain}\n}\n}\n`;
      const { code, stderr } = await run("nft", ["-f", "-"], { input: rules });
      if (code !== 0) throw new Error(`${place.name} cannot be cut off: ${stderr}`);
    },
    async rejoin() {
      await run("nft", ["delete", "table", "inet", tableOf(place)]);
    },
    async isLeader() {
      const response = await fetch(`http://127.0.0.1:${place.metrics}/metrics`, { signal: AbortSignal.timeout(2000) });
      return /^etcd_server_is_leader 1$/m.test(await response.text());
    },
    log: () => said,
  };
}

function tableOf({ user }: Place): string {
  return `wherry_test_${user}`;
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
