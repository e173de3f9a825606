import type { ApiObject } from "../api/meta.ts";
import { failure, type Status, StatusError } from "../api/status.ts";
import { parseJsonLines } from "../base/json-lines.ts";
import type { WatchEvent } from "../client/transport.ts";
import type { StreamAnswer } from "./exchange.ts";

const LARGEST_EVENT_BYTES = 32 * 1024 * 1024;

/** An aggregated server's answer comes as bytes. @throws StatusError */
export async function streamedObject({ code, chunks }: StreamAnswer): Promise<ApiObject> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const object = JSON.parse(Buffer.concat(parts).toString() || "{}") as ApiObject;
  if (code < 400) return object;
  if (object.kind === "Status") throw new StatusError(object as unknown as Status);
  throw failure(code, "ServiceUnavailable", `the aggregated server answered with ${code}`);
}

/** The events of a watch that an aggregated server answers. @throws StatusError */
export async function* streamedEvents(answer: StreamAnswer): AsyncGenerator<WatchEvent, void, undefined> {
  if (answer.code >= 400) await streamedObject(answer);
  for await (const value of parseJsonLines(answer.chunks, LARGEST_EVENT_BYTES)) {
    const { type, object } = value as { type: WatchEvent["type"] | "ERROR"; object: ApiObject };
    if (type === "ERROR") throw new StatusError(object as unknown as Status);
    yield { type, object };
  }
}
