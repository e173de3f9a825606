import { Worker } from "node:worker_threads";
import { parseForeignJson } from "../../base/exact-json.ts";
import type { YamlDocument } from "./yaml-document.ts";

/** What the thread answers: the document as JSON text, or why there is none. */
export interface YamlReply {
  readonly json?: string;
  readonly duplicates?: readonly string[] | undefined;
  readonly error?: string;
}

const MEMORY_MAX_MB = 512;

let last: Promise<unknown> = Promise.resolve();

/** Reads a long document in a thread of its own, one document after the other. @throws Error with a message for the client */
export function readYamlApart(text: string): Promise<YamlDocument> {
  const reading = last.then(() => readInThread(text));
  last = reading.catch(() => undefined);
  return reading;
}

async function readInThread(text: string): Promise<YamlDocument> {
  const { json, duplicates, error } = await replyTo(text);
  if (json === undefined) throw new Error(error ?? "the YAML document could not be read");
  const value: unknown = parseForeignJson(json);
  return duplicates === undefined ? { value } : { value, duplicates };
}

function replyTo(text: string): Promise<YamlReply> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl(), {
      name: "yaml",
      execArgv: [],
      workerData: text,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
    });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread that reads YAML ended without an answer")));
  });
}

/** Beside this file in the source; in the bundle the worker is a file of its own. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./yaml-worker.ts" : "./yaml-worker.js", import.meta.url);
}
