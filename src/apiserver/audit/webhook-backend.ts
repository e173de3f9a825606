import type { AuditBatchSettings, AuditMode } from "../../api/server-settings.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { WebhookClient, WebhookEndpoint } from "../outgoing/webhook-client.ts";
import type { AuditBackend, CountDropped, Stored } from "./auditor.ts";
import type { AuditEvent } from "./event.ts";

/** How events are sent together: upstream's --audit-webhook-batch-* with its defaults. */
export const defaultBatch: AuditBatchSettings = {
  bufferSize: 10_000,
  maxSize: 400,
  maxWaitMs: 30_000,
  throttlePerSecond: 10,
  throttleBurst: 15,
  initialBackoffMs: 10_000,
};

export interface WebhookBackendOptions extends AuditBatchSettings {
  readonly client: Pick<WebhookClient, "call">;
  readonly endpoint: WebhookEndpoint;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dropped: CountDropped;
  /** batch when absent; else each event is a call, and its request waits for it. */
  readonly mode?: AuditMode | undefined;
  /** A batch has no more than so many bytes, if it is more than one event. */
  readonly maxBatchBytes?: number | undefined;
}

const NAME = "webhook";
const CALL_MS = 30_000;
const TRIES = 5;
const BACKOFF_FACTOR = 1.5;
/** What waits is bounded by its size as well: events may carry whole objects. */
const WAITING_CHARACTERS_MAX = 64 * 1024 * 1024;
/** While the server stops, what still waits has so long. */
const CLOSING_MS = 5000;

/** Sends events to a webhook, many at once, never in the way of a request. */
export function webhookBackend(options: WebhookBackendOptions): AuditBackend {
  return new WebhookBackend(options);
}

class WebhookBackend implements AuditBackend {
  readonly name = NAME;
  readonly #options: WebhookBackendOptions;
  readonly #closing = new AbortController();
  readonly #ending = new AbortController();
  #waiting: { readonly event: AuditEvent; readonly size: number }[] = [];
  #characters = 0;
  #sending: Promise<void> | undefined;
  #filled: (() => void) | undefined;
  #tokens: number;
  #tokensMs: number;

  constructor(options: WebhookBackendOptions) {
    this.#options = options;
    this.#tokens = options.throttleBurst;
    this.#tokensMs = options.clock.monotonic();
  }

  write(event: AuditEvent, text: string): Stored {
    const { bufferSize, maxSize, dropped, mode = "batch" } = this.#options;
    if (mode !== "batch") {
      const delivered = this.#deliver([event]);
      return mode === "blocking-strict" ? delivered : delivered.then(() => true);
    }
    const isFull = this.#waiting.length >= bufferSize || this.#characters + text.length > WAITING_CHARACTERS_MAX;
    if (isFull || this.#closing.signal.aborted) {
      dropped(NAME, 1);
      return undefined;
    }
    this.#waiting.push({ event, size: text.length });
    this.#characters += text.length;
    if (this.#waiting.length >= maxSize) this.#filled?.();
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
    return undefined;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const timer = this.#options.clock.setTimer(() => this.#ending.abort(), CLOSING_MS);
    await this.#sending;
    timer.cancel();
  }

  async #send(): Promise<void> {
    const { maxSize } = this.#options;
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < maxSize) await this.#company();
      await this.#turn();
      const batch = this.#waiting.splice(0, Math.min(maxSize, this.#fitting()));
      for (const { size } of batch) this.#characters -= size;
      await this.#deliver(batch.map(({ event }) => event));
    }
  }

  /** How many events go into one call by their size; one always does. */
  #fitting(): number {
    const { maxBatchBytes = Number.POSITIVE_INFINITY } = this.#options;
    let sum = 0;
    const over = this.#waiting.findIndex(({ size }, index) => {
      sum += size;
      return index > 0 && sum > maxBatchBytes;
    });
    return over < 0 ? this.#waiting.length : over;
  }

  /** Waits until a batch is full, or has waited long enough. */
  async #company(): Promise<void> {
    const { clock, maxWaitMs } = this.#options;
    const scope = new AbortController();
    const stop = (): void => scope.abort();
    this.#filled = stop;
    this.#closing.signal.addEventListener("abort", stop);
    if (this.#closing.signal.aborted) stop();
    await sleep(clock, maxWaitMs, scope.signal);
    this.#closing.signal.removeEventListener("abort", stop);
    this.#filled = undefined;
  }

  /** Waits for the throttle. */
  async #turn(): Promise<void> {
    const { clock, throttlePerSecond, throttleBurst } = this.#options;
    if (throttlePerSecond <= 0) return;
    const nowMs = clock.monotonic();
    this.#tokens = Math.min(throttleBurst, this.#tokens + ((nowMs - this.#tokensMs) / 1000) * throttlePerSecond);
    this.#tokensMs = nowMs;
    this.#tokens--;
    if (this.#tokens < 0) await sleep(clock, (-this.#tokens / throttlePerSecond) * 1000, this.#closing.signal);
  }

  async #deliver(items: readonly AuditEvent[]): Promise<boolean> {
    const { client, endpoint, clock, log, dropped, initialBackoffMs } = this.#options;
    const body = { kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items };
    let backoffMs = initialBackoffMs;
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#problem(() =>
        client.call(endpoint, body, { timeoutMs: CALL_MS, signal: this.#ending.signal }),
      );
      if (problem === undefined) return true;
      if (attempt === TRIES || !problem.isPassing || this.#ending.signal.aborted) {
        dropped(NAME, items.length);
        log.error("audit events could not be sent", { events: items.length, error: problem.message });
        return false;
      }
      await sleep(clock, backoffMs, this.#ending.signal);
      backoffMs *= BACKOFF_FACTOR;
    }
  }

  /** What is wrong, and whether another try may help (upstream's DefaultShouldRetry). */
  async #problem(
    call: () => Promise<{ readonly code: number }>,
  ): Promise<{ message: string; isPassing: boolean } | undefined> {
    try {
      const { code } = await call();
      if (code >= 200 && code < 300) return undefined;
      return { message: `the webhook answered ${code}`, isPassing: code === 429 || code >= 500 };
    } catch (error) {
      return { message: errorMessage(error), isPassing: true };
    }
  }
}
