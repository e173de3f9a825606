import { checkHeaders } from "../../../src/base/http2/header-encoder.ts";
import { headersOf } from "./connecting.ts";
import type { ClientRequest } from "./http2/client-stream.ts";
import type { RequestForm, Target } from "./job.ts";
import { chunksOf, templateOf, textOf } from "./template.ts";

/** Makes the request of each number: what is the same in all of them is made once. @throws TypeError for a header that is none */
export function prepareRequest(target: Target, form: RequestForm): (number: number) => ClientRequest {
  const { ":method": method = "", ":path": _path, ...others } = headersOf(target, form.method, form.path);
  const contentType = form.body === undefined ? {} : { "content-type": form.contentType ?? "application/json" };
  const plain = Object.entries({ ...others, ...contentType }).flat();
  checkHeaders(plain);
  const before = [":method", method, ":scheme", "https", ":authority", new URL(target.url).host, ":path"];
  const path = templateOf(form.path);
  const body = form.body === undefined ? undefined : templateOf(form.body);
  const fixed = path.values.length === 0 ? [...before, form.path, ...plain] : undefined;
  return (number) => ({
    headers: fixed ?? [...before, textOf(path, number), ...plain],
    body: body === undefined ? [] : chunksOf(body, number),
  });
}
