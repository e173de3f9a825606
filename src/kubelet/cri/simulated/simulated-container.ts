import type { Clock, Timer } from "../../../base/clock.ts";
import type { LinuxContainerResources } from "../config.ts";
import type { ContainerStatus } from "../state.ts";
import type { SimulatedBehaviour } from "./rules.ts";

/** Where a container is: one for all of a node. */
export interface ContainerWorld {
  readonly clock: Clock;
  /** It has ended, by itself or because it was told to. */
  containerEnded(id: string): void;
}

/**
 * A container that exists in memory alone. A class, because there may be very many that only run: what it is lies in its status,
 * which is replaced and never changed, so that the kubelet keeps the same one.
 */
export class SimulatedContainer {
  readonly #world: ContainerWorld;
  readonly #behaviour: SimulatedBehaviour;
  #status: OwnStatus;
  #ending: Ending | undefined;

  /** @param status as it was created */
  constructor(status: OwnStatus, behaviour: SimulatedBehaviour, world: ContainerWorld) {
    this.#status = status;
    this.#behaviour = behaviour;
    this.#world = world;
  }

  get status(): OwnStatus {
    return this.#status;
  }

  get behaviour(): SimulatedBehaviour {
    return this.#behaviour;
  }

  start(): void {
    const { exit } = this.#behaviour;
    this.#status = { ...this.#status, state: "CONTAINER_RUNNING", startedAtMs: this.#world.clock.now() };
    if (exit !== undefined) this.#endLater(exit.afterMs, exit.code);
  }

  /** What is given is changed, the rest stays. */
  update(resources: LinuxContainerResources): void {
    this.#status = { ...this.#status, resources: { ...this.#status.resources, ...resources } };
  }

  failToStart(message: string): void {
    this.#end(128, { reason: "StartError", message });
  }

  /** SIGTERM, then SIGKILL after the grace period. Resolves when it has ended. */
  async stop(graceMs: number): Promise<void> {
    const { onTerm } = this.#behaviour;
    if (this.#status.state !== "CONTAINER_RUNNING") return;
    if (graceMs <= 0) return this.#end(137);
    if (onTerm !== undefined) this.#endLater(onTerm.afterMs, onTerm.code);
    const { ended } = this.#endLater(graceMs, 137);
    await ended.promise;
  }

  #endLater(afterMs: number, code: number): Ending {
    this.#ending ??= { timers: [], ended: Promise.withResolvers<void>() };
    this.#ending.timers.push(this.#world.clock.setTimer(() => this.#end(code), afterMs));
    return this.#ending;
  }

  #end(code: number, why?: { reason: string; message: string }): void {
    if (this.#status.state === "CONTAINER_EXITED") return;
    for (const timer of this.#ending?.timers ?? []) timer.cancel();
    this.#status = {
      ...this.#status,
      state: "CONTAINER_EXITED",
      finishedAtMs: this.#world.clock.now(),
      exitCode: code,
      reason: why?.reason ?? (code === 0 ? "Completed" : "Error"),
      message: why?.message ?? "",
    };
    this.#ending?.ended.resolve();
    this.#world.containerEnded(this.#status.id);
  }
}

type OwnStatus = ContainerStatus & { readonly podSandboxId: string };

/** Of a container that will end. */
interface Ending {
  readonly timers: Timer[];
  readonly ended: PromiseWithResolvers<void>;
}
