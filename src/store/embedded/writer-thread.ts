import { Worker } from "node:worker_threads";
import { ShortLivedMap } from "../../base/short-lived-map.ts";
import type { NumberedRequest, Reply, Request } from "./messages.ts";

/** The writer thread as a function that answers with a promise. */
export interface WriterThread {
  /** Rejects with what the writer reports, or when the thread is no more. */
  request(request: Request): Promise<boolean>;
  readonly alive: boolean;
  stop(): Promise<void>;
}

interface Outstanding {
  resolve(result: boolean): void;
  reject(error: Error): void;
}

/** Starts the thread; it boots while the caller goes on, and keeps the process alive only while it owes an answer. */
export function startWriterThread(): WriterThread {
  const worker = new Worker(workerUrl(), { name: "store", execArgv: [] });
  const outstanding = new ShortLivedMap<number, Outstanding>();
  let nextNumber = 1;
  let dead: Error | undefined;
  worker.unref();

  function fail(error: Error): void {
    dead ??= error;
    for (const { reject } of outstanding.values()) reject(dead);
    outstanding.clear();
  }

  worker.on("message", ({ number, error, result }: Reply) => {
    const waiting = outstanding.get(number);
    outstanding.delete(number);
    if (outstanding.size === 0) worker.unref();
    if (error === undefined) waiting?.resolve(result ?? false);
    else waiting?.reject(new Error(error));
  });
  worker.on("error", (error) => fail(new Error("the store's writer thread failed", { cause: error })));
  worker.on("exit", () => fail(new Error("the store's writer thread has ended")));

  return {
    request(request) {
      if (dead !== undefined) return Promise.reject(dead);
      const number = nextNumber++;
      const message: NumberedRequest = { number, request };
      return new Promise((resolve, reject) => {
        outstanding.set(number, { resolve, reject });
        worker.ref();
        worker.postMessage(message, request.type === "commit" ? [request.values.buffer as ArrayBuffer] : []);
      });
    },
    get alive() {
      return dead === undefined;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

/** Beside this file in the source; in the bundle all of this is one file and the worker another beside it. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./store-worker.js", import.meta.url);
}
