import type { LifecycleHandler } from "../../api/generated/core/v1.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { RuntimeService } from "../cri/runtime.ts";
import type { AnyContainer } from "../pods/pod.ts";
import { httpProbe, httpRequest } from "../probes/http.ts";
import { resolvePort } from "../probes/ports.ts";

export interface HookTarget {
  readonly container: AnyContainer;
  readonly containerId: string;
  readonly podIp: string;
}

/** Runs what a container wants done after its start or before its end. */
export interface HookRunner {
  /** Rejects with an Error that says how it failed. */
  run(
    handler: LifecycleHandler,
    target: HookTarget,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<void>;
}

export function createHookRunner(runtime: RuntimeService, clock: Clock): HookRunner {
  return new ContainerHooks(runtime, clock);
}

/** A class, because thousands of kubelets of one process have one each. */
class ContainerHooks implements HookRunner {
  readonly #runtime: RuntimeService;
  readonly #clock: Clock;

  constructor(runtime: RuntimeService, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  async run(
    handler: LifecycleHandler,
    { container, containerId, podIp }: HookTarget,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<void> {
    if (handler.exec) {
      const command = handler.exec.command ?? [];
      const result = await this.#runtime.execSync(containerId, command, Math.ceil(timeoutMs / 1000));
      if (result.exitCode === 0) return;
      const output = Buffer.concat([result.stdout, result.stderr]).toString("utf8").slice(0, 1024);
      throw new Error(`command '${command.join(" ")}' exited with ${result.exitCode}: ${output}`);
    }
    if (handler.httpGet) {
      const port = resolvePort(handler.httpGet.port, container);
      const outcome = await httpProbe(httpRequest(handler.httpGet, { host: podIp, port, timeoutMs }));
      if (!outcome.success) throw new Error(outcome.output);
      return;
    }
    if (handler.sleep) {
      await sleep(this.#clock, Math.min(handler.sleep.seconds * 1000, timeoutMs), signal);
      return;
    }
    throw new Error("invalid handler");
  }
}
