import { parentPort, workerData } from "node:worker_threads";
import { errorMessage, present } from "../../base/assert.ts";
import { writeExactIntegers } from "../../base/exact-json.ts";
import { readYamlDocument } from "./yaml-document.ts";
import type { YamlReply } from "./yaml-thread.ts";

/** Entry of the thread that reads one long document and ends. */
writeExactIntegers();
present(parentPort, "port to the main thread").postMessage(await reply());

async function reply(): Promise<YamlReply> {
  try {
    const { value, duplicates } = await readYamlDocument(workerData as string);
    return { json: JSON.stringify(value ?? null), duplicates };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}
