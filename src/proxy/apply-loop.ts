import { errorMessage } from "../base/assert.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { RunCommand } from "../base/run-command.ts";
import type { Table } from "./apply.ts";
import type { Dirty } from "./facts.ts";
import type { HealthChecks } from "./health-check.ts";
import { allowLocalnet, type KernelSettings } from "./host.ts";
import type { ProxyState } from "./state.ts";

/** Changes that arrive within this time go into one transaction. */
const COALESCE_MS = 2;
/** How often to see whether somebody else (a firewall's reload) removed the table. */
const VERIFY_MS = 30_000;
const RETRY_FIRST_MS = 500;
const RETRY_LIMIT_MS = 30_000;

export interface ApplyLoopOptions {
  readonly table: Table;
  readonly state: ProxyState;
  readonly healthChecks?: HealthChecks;
  readonly podInterface: string;
  readonly settings: KernelSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly run: RunCommand;
  readonly signal: AbortSignal;
}

/** Applies changes: one transaction at a time, bursts together, failures again with a bound. */
export class ApplyLoop implements Dirty {
  readonly #options: ApplyLoopOptions;
  readonly #state: ProxyState;
  readonly #table: Table;
  readonly #services = new Set<string>();
  readonly #pods = new Set<string>();
  readonly #unsubscribe: (() => void)[] = [];
  #timer: Timer | undefined;
  #verifyTimer: Timer | undefined;
  #running: Promise<void> | undefined;
  /** The first pass writes the frame even when there is no service. */
  #pending = true;
  #failure: Error | undefined;
  #failures = 0;
  #localnetAllowed = false;
  #conntrackMissing = false;
  #stopped = false;

  constructor(options: ApplyLoopOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#table = options.table;
    if (options.signal.aborted) this.#stop();
    else options.signal.addEventListener("abort", this.#stop);
    this.#scheduleVerify();
  }

  service(key: string): void {
    this.#services.add(key);
    this.#schedule(COALESCE_MS);
  }

  pod(key: string): void {
    this.#pods.add(key);
    this.#schedule(COALESCE_MS);
  }

  onStop(stop: () => void): void {
    this.#unsubscribe.push(stop);
  }

  async settled(): Promise<void> {
    while (!this.#stopped && (this.#pending || this.#running !== undefined)) {
      await (this.#running ?? this.#flush());
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  async cleanup(): Promise<void> {
    this.#stop();
    await this.#running;
    await this.#table.remove();
  }

  #stop = (): void => {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#options.signal.removeEventListener("abort", this.#stop);
    this.#timer?.cancel();
    this.#verifyTimer?.cancel();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    // A pass that runs now may open one more server: after it, all of them end.
    void Promise.resolve(this.#running).then(() => this.#options.healthChecks?.close());
  };

  #schedule(delayMs: number): void {
    this.#pending = true;
    if (this.#stopped || this.#timer !== undefined || this.#running !== undefined) return;
    this.#timer = this.#options.clock.setTimer(() => void this.#flush(), delayMs);
  }

  #flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#stopped) return Promise.resolve();
    this.#running ??= this.#pass().finally(() => {
      this.#running = undefined;
      if (this.#failure !== undefined) this.#schedule(this.#retryDelayMs());
      else if (this.#pending) this.#schedule(COALESCE_MS);
    });
    return this.#running;
  }

  async #pass(): Promise<void> {
    this.#pending = false;
    for (const key of this.#services) this.#state.updateService(key);
    for (const key of this.#pods) this.#state.updatePod(key);
    this.#services.clear();
    this.#pods.clear();
    try {
      this.#localnetAllowed ||= await allowLocalnet(this.#options.settings, this.#options.podInterface);
      await this.#table.apply(this.#state.ruleset());
      this.#recovered();
      await this.#options.healthChecks?.update(this.#state.healthChecks());
    } catch (error) {
      this.#pending = true;
      this.#failed(error instanceof Error ? error : new Error(errorMessage(error)));
      return;
    }
    await this.#endStaleFlows();
  }

  #recovered(): void {
    if (this.#failure !== undefined) this.#options.log.info("service rules are in place again");
    this.#failure = undefined;
    this.#failures = 0;
  }

  #failed(error: Error): void {
    this.#failures++;
    if (this.#failure?.message !== error.message) {
      this.#options.log.error("service rules could not be applied; trying again", { error });
    }
    this.#failure = error;
  }

  #retryDelayMs(): number {
    return Math.min(RETRY_LIMIT_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures - 1, 16));
  }

  async #endStaleFlows(): Promise<void> {
    for (const parameters of this.#state.takeStaleFlows()) {
      if (this.#conntrackMissing || this.#stopped) return;
      const result = await this.#options.run("conntrack", parameters);
      if (result.code !== 127) continue;
      this.#conntrackMissing = true;
      this.#options.log.warn("conntrack is not installed: UDP clients may keep talking to deleted pods for a while");
    }
  }

  #scheduleVerify(): void {
    if (this.#stopped) return;
    this.#verifyTimer = this.#options.clock.setTimer(() => void this.#verify(), VERIFY_MS);
  }

  async #verify(): Promise<void> {
    await this.#running;
    if (this.#stopped) return;
    if (this.#failure === undefined && !(await this.#table.verify())) {
      this.#options.log.warn("somebody removed the service rules; writing them again");
      this.#schedule(0);
    }
    this.#scheduleVerify();
  }
}
