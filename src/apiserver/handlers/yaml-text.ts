import { badRequest } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { utf8Text } from "./json-text.ts";
import { readYamlDocument, type YamlDocument } from "./yaml-document.ts";

/** Above this a document takes longer than others should have to wait: about 20 ms. */
const APART_BYTES_MIN = 128 * 1024;

/** YAML, as a value that JSON can hold; what is long is read in a thread of its own. @throws StatusError BadRequest */
export async function parseYamlText(bytes: Buffer): Promise<YamlDocument> {
  const text = utf8Text(bytes);
  try {
    if (text.length < APART_BYTES_MIN) return await readYamlDocument(text);
    const { readYamlApart } = await import("./yaml-thread.ts");
    return await readYamlApart(text);
  } catch (error) {
    throw badRequest(errorMessage(error));
  }
}
