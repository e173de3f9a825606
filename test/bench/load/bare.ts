import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "./job.ts";

const PROCESS = join(import.meta.dirname, "bare-process.ts");

export interface BareServer {
  readonly target: Target;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts the bare loop with the serving certificate of a cluster, whose authority clients believe already. */
export async function startBare(options: {
  readonly dataDirectory: string;
  readonly like: Target;
  readonly bodies?: Readonly<Record<string, string>>;
  readonly event?: string;
}): Promise<BareServer> {
  const child = fork(PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const file = (name: string): string => readFileSync(join(options.dataDirectory, "pki", name), "utf8");
  const key = file("apiserver.key");
  const cert = file("apiserver.crt");
  child.send({ key, cert, bodies: options.bodies ?? {}, event: options.event ?? "\n" });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return {
    target: { url: `https://127.0.0.1:${port}`, certificateAuthority: options.like.certificateAuthority },
    pid: child.pid ?? 0,
    async stop() {
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}
