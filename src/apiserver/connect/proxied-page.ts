import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { deflateRaw, gunzip, gzip, inflateRaw } from "node:zlib";
import type { Clock } from "../../base/clock.ts";
import { rewriteLinks } from "./html-links.ts";

/** Larger pages go through as they are: a page is held as a whole. */
const LARGEST_PAGE = 2 * 1024 * 1024;

type Coder = (bytes: Buffer, options?: { maxOutputLength?: number }) => Promise<Buffer>;

interface Coding {
  decode: Coder;
  encode: Coder;
}

const PLAIN: Coding = { decode: async (bytes) => bytes, encode: async (bytes) => bytes };

const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ["", PLAIN],
  ["gzip", { decode: promisify(gunzip) as Coder, encode: promisify(gzip) as Coder }],
  ["deflate", { decode: promisify(inflateRaw) as Coder, encode: promisify(deflateRaw) as Coder }],
]);

/** Whether an answer is a page in which links may lead past the proxy (upstream: util/proxy/transport.go). */
export function isPage({ headers, statusCode }: IncomingMessage, method: string): boolean {
  const [type] = (headers["content-type"] ?? "").split(";", 1);
  const hasBody = method !== "HEAD" && statusCode !== 204 && statusCode !== 304 && headers.location === undefined;
  return hasBody && type?.trim() === "text/html" && CODINGS.has(headers["content-encoding"] ?? "");
}

interface Rewriting {
  rewrite(link: string): string;
  readonly clock: Clock;
}

/** What is sent instead of a page: its links exchanged, or as it is when it is too large or not encoded as it says. */
export async function* rewrittenPage(response: IncomingMessage, by: Rewriting): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_PAGE) yield* chunks.splice(0);
  }
  const bytes = Buffer.concat(chunks);
  const coding = CODINGS.get(response.headers["content-encoding"] ?? "");
  yield size > LARGEST_PAGE || coding === undefined ? bytes : await recoded(bytes, coding, by);
}

async function recoded(bytes: Buffer, { decode, encode }: Coding, { rewrite, clock }: Rewriting): Promise<Buffer> {
  let page: Buffer;
  try {
    page = await decode(bytes, { maxOutputLength: LARGEST_PAGE });
  } catch {
    return bytes;
  }
  return encode(Buffer.from(await rewriteLinks(page.toString("latin1"), rewrite, clock), "latin1"));
}
