/** How client-go words answers with an error code that carry no Status of their own (errors.NewGenericServerResponse). */
const WORDS: Readonly<Record<number, string>> = {
  400: "the server rejected our request for an unknown reason",
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  406: "the server was unable to respond with a content type that the client supports",
  409: "the server reported a conflict",
  413: "Request entity too large",
  415: "the server was unable to respond with a content type that the client supports",
  422: "the server rejected our request due to an error in our request",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504: "the server was unable to return a response in the time allotted, but may still be processing the request",
};

const TEXT_LIMIT = 2048;

/** What to say about an answer whose code is not 2xx. `body` is what came: JSON, or text. */
export function serverErrorText(code: number, body: unknown): string {
  const status = body as { kind?: unknown; message?: unknown } | undefined;
  if (typeof status === "object" && status?.kind === "Status" && typeof status.message === "string") {
    return status.message;
  }
  const text = (typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body)).slice(0, TEXT_LIMIT);
  if (code === 403) return text.trim() || "unknown";
  if (code >= 500 && code !== 503 && code !== 504) {
    const said = text.trim() || "unknown";
    return `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`;
  }
  return WORDS[code] ?? `the server responded with the status code ${code} but did not return more information`;
}
