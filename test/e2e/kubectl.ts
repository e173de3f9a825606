import { execFile } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { unpackClients } from "../../scripts/clients.ts";

const run = promisify(execFile);
const POLL_MS = 100;

/** The real kubectl on one cluster. */
export interface Kubectl {
  /** Runs it and answers what it printed. @throws Error with what it said on standard error */
  (...words: string[]): Promise<string>;
  /** Runs it again until what it prints is as wished. @throws Error with the last output */
  until(wished: (output: string) => boolean, words: readonly string[], timeoutMs?: number): Promise<string>;
}

export function kubectlOf(kubeconfig: string): Kubectl {
  const { kubectl } = unpackClients();
  const call = async (...words: string[]): Promise<string> => {
    const { stdout } = await run(kubectl, words, { env: { ...process.env, KUBECONFIG: kubeconfig } });
    return stdout;
  };
  const until: Kubectl["until"] = async (wished, words, timeoutMs = 20_000) => {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const output = await call(...words);
      if (wished(output)) return output;
      if (performance.now() > deadline) throw new Error(`kubectl ${words.join(" ")} still says:\n${output}`);
      await setTimeout(POLL_MS);
    }
  };
  return Object.assign(call, { until });
}
