import type { Clock, Timer } from "../../../base/clock.ts";
import type { ContainerState, ContainerStatus } from "../state.ts";
import type { KeptContainer, SimulatedBehaviour } from "./rules.ts";

export interface SimulatedContainerOptions {
  readonly id: string;
  readonly podSandboxId: string;
  readonly config: KeptContainer;
  readonly behaviour: SimulatedBehaviour;
  readonly logDirectory: string;
  readonly clock: Clock;
  /** It has ended, by itself or because it was told to. */
  onEnd(id: string): void;
}

/** A container that exists in memory alone. A class, because there may be very many that only run. */
export class SimulatedContainer {
  readonly #options: SimulatedContainerOptions;
  readonly #createdAtMs: number;
  #ended: PromiseWithResolvers<void> | undefined;
  #timers: readonly Timer[] = NO_TIMERS;
  #state: ContainerState = "CONTAINER_CREATED";
  #startedAtMs = 0;
  #finishedAtMs = 0;
  #exitCode = 0;
  #reason = "";
  #message = "";

  constructor(options: SimulatedContainerOptions) {
    this.#options = options;
    this.#createdAtMs = options.clock.now();
  }

  get id(): string {
    return this.#options.id;
  }

  get podSandboxId(): string {
    return this.#options.podSandboxId;
  }

  get config(): KeptContainer {
    return this.#options.config;
  }

  get behaviour(): SimulatedBehaviour {
    return this.#options.behaviour;
  }

  status(): ContainerStatus {
    const { id, config, logDirectory } = this.#options;
    return {
      id,
      metadata: config.metadata,
      image: config.image.userSpecifiedImage || config.image.image,
      imageRef: config.image.image,
      state: this.#state,
      createdAtMs: this.#createdAtMs,
      startedAtMs: this.#startedAtMs,
      finishedAtMs: this.#finishedAtMs,
      exitCode: this.#exitCode,
      reason: this.#reason,
      message: this.#message,
      labels: config.labels,
      annotations: config.annotations,
      logPath: `${logDirectory}/${config.logPath}`,
    };
  }

  start(): void {
    const { behaviour, clock } = this.#options;
    this.#state = "CONTAINER_RUNNING";
    this.#startedAtMs = clock.now();
    if (behaviour.exit !== undefined) this.#endLater(behaviour.exit.afterMs, behaviour.exit.code);
  }

  failToStart(message: string): void {
    this.#end(128, { reason: "StartError", message });
  }

  /** SIGTERM, then SIGKILL after the grace period. Resolves when it has ended. */
  async stop(graceMs: number): Promise<void> {
    const { behaviour } = this.#options;
    if (this.#state !== "CONTAINER_RUNNING") return;
    if (graceMs <= 0) return this.#end(137);
    if (behaviour.onTerm !== undefined) this.#endLater(behaviour.onTerm.afterMs, behaviour.onTerm.code);
    this.#endLater(graceMs, 137);
    this.#ended ??= Promise.withResolvers<void>();
    await this.#ended.promise;
  }

  #endLater(afterMs: number, code: number): void {
    this.#timers = [...this.#timers, this.#options.clock.setTimer(() => this.#end(code), afterMs)];
  }

  #end(code: number, why?: { reason: string; message: string }): void {
    if (this.#state === "CONTAINER_EXITED") return;
    for (const timer of this.#timers) timer.cancel();
    this.#state = "CONTAINER_EXITED";
    this.#finishedAtMs = this.#options.clock.now();
    this.#exitCode = code;
    this.#reason = why?.reason ?? (code === 0 ? "Completed" : "Error");
    this.#message = why?.message ?? "";
    this.#ended?.resolve();
    this.#options.onEnd(this.id);
  }
}

const NO_TIMERS: readonly Timer[] = [];
