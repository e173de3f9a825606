import { Worker } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { ShortLivedMap } from "../../base/short-lived-map.ts";
import type { Change } from "../memory/versioned-map.ts";
import { type CommitRequest, type NumberedRequest, packCommit, type Reply, type Request } from "./messages.ts";
import { SharedRoom } from "./shared-room.ts";

/** Values of a hundred pods. What was never written to takes no memory. */
const ROOM_BYTES = 1024 * 1024;

/** The writer thread as functions that answer with promises, in the order in which they were called. */
export interface WriterThread {
  /** Rejects with what the writer reports, or when the thread is no more. */
  commit(changes: readonly Change[], firstRevision: number, writtenAtMs: number): Promise<void>;
  /** Rejects as a commit does. */
  request(request: Exclude<Request, CommitRequest>): Promise<boolean>;
  readonly alive: boolean;
  stop(): Promise<void>;
}

interface Outstanding {
  readonly request: Request;
  resolve(result: boolean): void;
  reject(error: Error): void;
}

/** Starts the thread; it boots while the caller goes on, and keeps the process alive only while it owes an answer. */
export function startWriterThread(): WriterThread {
  const room = new SharedRoom(ROOM_BYTES);
  const worker = new Worker(workerUrl(), { name: "store", execArgv: [], workerData: room.memory });
  const outstanding = new ShortLivedMap<number, Outstanding>();
  let nextNumber = 1;
  let dead: Error | undefined;
  worker.unref();

  function fail(error: Error): void {
    dead ??= error;
    for (const { reject } of outstanding.values()) reject(dead);
    outstanding.clear();
  }

  function send(request: Request): Promise<boolean> {
    const number = nextNumber++;
    return new Promise((resolve, reject) => {
      outstanding.set(number, { request, resolve, reject });
      worker.ref();
      const own = request.type === "commit" && typeof request.values !== "number" ? request.values : undefined;
      worker.postMessage({ number, request } satisfies NumberedRequest, own ? [own.buffer as ArrayBuffer] : []);
    });
  }

  worker.on("message", ({ first, last, error, result = false }: Reply) => {
    if (dead !== undefined) return;
    for (let number = first; number <= last; number++) {
      const { request, resolve, reject } = present(outstanding.get(number), "the request that is answered");
      outstanding.delete(number);
      if (request.type === "commit" && typeof request.values === "number") room.giveBack();
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    }
    if (outstanding.size === 0) worker.unref();
  });
  worker.on("error", (error) => fail(new Error("the store's writer thread failed", { cause: error })));
  worker.on("exit", () => fail(new Error("the store's writer thread has ended")));

  return {
    async commit(changes, firstRevision, writtenAtMs) {
      if (dead !== undefined) throw dead;
      await send(packCommit(changes, { firstRevision, writtenAtMs, room }));
    },
    async request(request) {
      if (dead !== undefined) throw dead;
      return await send(request);
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
