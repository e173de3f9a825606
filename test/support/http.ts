import { get } from "node:http";
import { setTimeout } from "node:timers/promises";

const TIMEOUT_MS = 3000;

/** The body of a page, over a connection of its own. Rejects on anything but 200, and after three seconds. */
export function page(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: TIMEOUT_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("error", reject);
      response.on("end", () =>
        response.statusCode === 200 ? resolve(body) : reject(new Error(`${response.statusCode}: ${body}`)),
      );
    });
    request.on("timeout", () => request.destroy(new Error(`no answer from ${url} in ${TIMEOUT_MS} ms`)));
    request.on("error", reject);
  });
}

export interface Loop {
  /** How often each page was seen. */
  readonly pages: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
  /** Ends it; rejects when any request failed. */
  stop(): Promise<void>;
}

/** Asks for a page again and again, as somebody would who must not notice what goes on in the cluster. */
export function loopOver(url: string): Loop {
  const pages = new Map<string, number>();
  const failures: string[] = [];
  let isOver = false;
  const ended = (async () => {
    const begun = performance.now();
    while (!isOver) {
      try {
        const body = await page(url);
        pages.set(body, (pages.get(body) ?? 0) + 1);
      } catch (error) {
        failures.push(`after ${Math.round(performance.now() - begun)} ms: ${(error as Error).message}`);
      }
      await setTimeout(2);
    }
  })();
  return {
    pages,
    failures,
    async stop() {
      isOver = true;
      await ended;
      if (failures.length > 0)
        throw new Error(`${failures.length} requests failed:\n${failures.slice(0, 20).join("\n")}`);
    },
  };
}
