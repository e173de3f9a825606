import { errorMessage } from "../../base/assert.ts";
import { parseForeignJson } from "../../base/exact-json.ts";
import { type WebhookAnswer, WebhookCallError } from "./webhook-client.ts";

const ANSWER_LIMIT_BYTES = 32 * 1024 * 1024;

/** @throws WebhookCallError when the answer is too long, or says that it is good and is not JSON */
export async function readAnswer(code: number, parts: AsyncIterable<Buffer>): Promise<WebhookAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of parts) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES) throw new WebhookCallError(`the answer is longer than ${ANSWER_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return answerOf(code, Buffer.concat(chunks).toString("utf8"));
}

/** @throws WebhookCallError when the answer says that it is good and is not JSON */
export function answerOf(code: number, text: string): WebhookAnswer {
  if (text === "") return { code, body: undefined };
  try {
    return { code, body: parseForeignJson(text) };
  } catch (error) {
    // What stands in an error page is for people; only an answer must be JSON.
    if (code < 200 || code > 299) return { code, body: text };
    throw new WebhookCallError(`the answer is not JSON: ${errorMessage(error)}`, { cause: error });
  }
}
