import { type Clock, sleep } from "../../base/clock.ts";
import {
  type WebhookAnswer,
  WebhookCallError,
  type WebhookClient,
  type WebhookEndpoint,
} from "../outgoing/webhook-client.ts";

export interface ReviewCall {
  readonly client: WebhookClient;
  readonly endpoint: WebhookEndpoint;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Five attempts, as upstream's default back-off for authentication and authorization webhooks. */
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
const FACTOR = 1.5;

/**
 * Asks a webhook to fill in a review. Connections that break and servers that are busy are asked again; whoever is not there,
 * or answers something else than a review, is not: the request waits for this.
 * @throws WebhookCallError when there is no answer that could be one
 */
export async function callReview(review: object, { client, endpoint, clock, timeoutMs }: ReviewCall): Promise<object> {
  let waitMs = FIRST_WAIT_MS;
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptOf(() => client.call(endpoint, review, { timeoutMs }), attempt < ATTEMPTS);
    if (answer !== undefined && (attempt === ATTEMPTS || !isBusy(answer))) return checked(answer);
    await sleep(clock, waitMs);
    waitMs *= FACTOR;
  }
}

/** Undefined when the connection broke and there is another attempt. */
async function attemptOf(call: () => Promise<WebhookAnswer>, hasMore: boolean): Promise<WebhookAnswer | undefined> {
  try {
    return await call();
  } catch (error) {
    if (hasMore && error instanceof WebhookCallError && isReset(error.cause)) return undefined;
    throw error;
  }
}

function isReset(cause: unknown): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === "ECONNRESET";
}

/** As upstream's DefaultShouldRetry. */
function isBusy({ code }: WebhookAnswer): boolean {
  return code === 429 || code === 500 || code === 504;
}

function checked({ code, body }: WebhookAnswer): object {
  if (code < 200 || code > 299) throw new WebhookCallError(`the server answered with status code ${code}`);
  if (typeof body !== "object" || body === null) throw new WebhookCallError("the server's answer is no review");
  return body;
}
