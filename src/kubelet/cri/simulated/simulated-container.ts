import type { Clock, Timer } from "../../../base/clock.ts";
import type { ContainerState, ContainerStatus } from "../state.ts";
import type { KeptContainer, SimulatedBehaviour } from "./rules.ts";

/** A container that exists in memory alone. */
export interface SimulatedContainer {
  readonly id: string;
  readonly podSandboxId: string;
  readonly config: KeptContainer;
  status(): ContainerStatus;
  readonly behaviour: SimulatedBehaviour;
  start(): void;
  failToStart(message: string): void;
  /** SIGTERM, then SIGKILL after the grace period. Resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

export function createSimulatedContainer(options: {
  id: string;
  podSandboxId: string;
  config: KeptContainer;
  behaviour: SimulatedBehaviour;
  logDirectory: string;
  clock: Clock;
  onEnd(): void;
}): SimulatedContainer {
  const { id, podSandboxId, config, behaviour, clock } = options;
  const createdAtMs = clock.now();
  let ended: PromiseWithResolvers<void> | undefined;
  let timers: readonly Timer[] = [];
  let state: ContainerState = "CONTAINER_CREATED";
  let startedAtMs = 0;
  let finishedAtMs = 0;
  let exitCode = 0;
  let reason = "";
  let message = "";

  function end(code: number, why?: { reason: string; message: string }): void {
    if (state === "CONTAINER_EXITED") return;
    for (const timer of timers) timer.cancel();
    state = "CONTAINER_EXITED";
    finishedAtMs = clock.now();
    exitCode = code;
    reason = why?.reason ?? (code === 0 ? "Completed" : "Error");
    message = why?.message ?? "";
    ended?.resolve();
    options.onEnd();
  }

  function later(afterMs: number, code: number): void {
    timers = [...timers, clock.setTimer(() => end(code), afterMs)];
  }

  return {
    id,
    podSandboxId,
    config,
    behaviour,
    status: () => ({
      id,
      metadata: config.metadata,
      image: config.image.userSpecifiedImage || config.image.image,
      imageRef: config.image.image,
      state,
      createdAtMs,
      startedAtMs,
      finishedAtMs,
      exitCode,
      reason,
      message,
      labels: config.labels,
      annotations: config.annotations,
      logPath: `${options.logDirectory}/${config.logPath}`,
    }),
    start() {
      state = "CONTAINER_RUNNING";
      startedAtMs = clock.now();
      if (behaviour.exit !== undefined) later(behaviour.exit.afterMs, behaviour.exit.code);
    },
    failToStart: (text) => end(128, { reason: "StartError", message: text }),
    async stop(graceMs) {
      if (state !== "CONTAINER_RUNNING") return;
      if (graceMs <= 0) return end(137);
      if (behaviour.onTerm !== undefined) later(behaviour.onTerm.afterMs, behaviour.onTerm.code);
      later(graceMs, 137);
      ended ??= Promise.withResolvers<void>();
      await ended.promise;
    },
  };
}
