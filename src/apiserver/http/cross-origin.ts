import type { Answer, Handler } from "../exchange.ts";

/** Upstream's, in upstream's order (filters/cors.go). */
const METHODS = "POST, GET, OPTIONS, PUT, DELETE, PATCH";
const HEADERS =
  "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since";
const EXPOSED = "Date";

/**
 * Lets pages of these origins read answers (CORS). A browser's question whether it may is answered without a look at who asks:
 * it brings no credentials. For pages of other origins nothing is different: their browser keeps the answer from them.
 */
export function crossOriginHandler(handler: Handler, isAllowed: (origin: string) => boolean): Handler {
  return (exchange) => {
    const { origin = "" } = exchange.headers;
    if (origin === "" || !isAllowed(origin)) return handler(exchange);
    exchange.answerHeaders = {
      ...exchange.answerHeaders,
      "access-control-allow-origin": origin,
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": HEADERS,
      "access-control-expose-headers": EXPOSED,
      "access-control-allow-credentials": "true",
    };
    return exchange.method === "OPTIONS" ? nothing() : handler(exchange);
  };
}

/** 204 has neither body nor length. */
function nothing(): Answer {
  return { kind: "stream", code: 204, headers: {}, chunks: noChunks() };
}

async function* noChunks(): AsyncGenerator<Buffer> {}
