import { errorMessage } from "../base/assert.ts";
import { type Clock, sleep } from "../base/clock.ts";
import { type Transport, TransportError } from "../client/transport.ts";

const TIMEOUT_MS = 60_000;
const POLL_MS = 250;

/** Waits for an API server that is still starting. @throws Error when it is not ready in time, or refuses us */
export async function waitUntilReady(transport: Transport, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + TIMEOUT_MS;
  for (;;) {
    try {
      await transport.text({ method: "GET", path: "/readyz" });
      return;
    } catch (error) {
      const starting = error instanceof TransportError;
      if (!starting || clock.monotonic() > deadline) {
        throw new Error(`the API server is not ready: ${errorMessage(error)}`, { cause: error });
      }
    }
    await sleep(clock, POLL_MS);
  }
}
