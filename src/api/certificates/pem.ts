/** One block of a PEM text. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

/** A block from one of its marks to the next one that ends it; what begins anew before that is no part of it. */
const BLOCK =
  /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n((?:(?!-----)[^\n]*\n)*)-----END ([^\n]*?)-----[ \t\r]*(?=\n|$)/g;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The blocks of a PEM text; other text, and blocks that are broken, are passed over, as Go's encoding/pem does. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, type = "", body = "", end] of text.matchAll(BLOCK)) {
    if (type !== end) continue;
    const lines = body.split("\n");
    const headers = lines.findIndex((line) => !line.includes(":"));
    const base64 = lines.slice(headers).join("").replace(/\s/g, "");
    if (BASE64.test(base64)) blocks.push({ type, hasHeaders: headers > 0, bytes: Buffer.from(base64, "base64") });
  }
  return blocks;
}
