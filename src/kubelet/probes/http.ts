import type { HTTPGetAction } from "../../api/generated/core/v1.ts";
import type { ProbeOutcome } from "./prober.ts";

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;
const USER_AGENT = "kube-probe/1.36";

export interface HttpRequest {
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
}

/** URL and headers of a probe or hook. @throws Error on an impossible address */
export function httpRequest(
  action: HTTPGetAction,
  target: { host: string; port: number; timeoutMs: number },
): HttpRequest {
  const host = action.host || target.host;
  const scheme = (action.scheme || "HTTP").toLowerCase();
  const path = action.path ?? "/";
  const address = host.includes(":") ? `[${host}]` : host;
  const url = new URL(`${scheme}://${address}:${target.port}${path.startsWith("/") ? "" : "/"}${path}`);
  const headers: Record<string, string> = { "User-Agent": USER_AGENT, Accept: "*/*", Connection: "close" };
  for (const { name, value } of action.httpHeaders ?? []) {
    const known = Object.keys(headers).find((header) => header.toLowerCase() === name.toLowerCase());
    if (known !== undefined) delete headers[known];
    // An empty value takes a default header away.
    if (value !== "" || known === undefined) headers[name] = value;
  }
  return { url, headers, timeoutMs: target.timeoutMs };
}

/** GET: 200 to 399 is success. Redirects are followed on the same host; one to another host counts as success. */
export async function httpProbe(request: HttpRequest): Promise<ProbeOutcome> {
  let { url } = request;
  try {
    for (let redirects = 0; ; redirects++) {
      const answer = await get({ ...request, url });
      const { location } = answer;
      if (location !== undefined && answer.status >= 300 && answer.status < 400) {
        const next = new URL(location, url);
        if (next.hostname !== url.hostname) return { success: true, output: "Probe terminated redirects" };
        if (redirects >= MAX_REDIRECTS) return { success: true, output: "stopped after 10 redirects" };
        url = next;
        continue;
      }
      if (answer.status >= 200 && answer.status < 400) return { success: true, output: answer.body };
      return { success: false, output: `HTTP probe failed with statuscode: ${answer.status}` };
    }
  } catch (error) {
    return { success: false, output: `Get "${url}": ${(error as Error).message}` };
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

async function get({ url, headers, timeoutMs }: HttpRequest): Promise<Answer> {
  const client = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = client.get(url, { headers, agent: false, signal, rejectUnauthorized: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (body.length < MAX_BODY_BYTES) body += chunk;
      });
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location,
          body: body.slice(0, MAX_BODY_BYTES),
        });
      });
      response.on("error", reject);
    });
    request.on("error", (error: NodeJS.ErrnoException) => reject(new Error(goErrorText(error, url))));
  });
}

/** Node's errors in the words that people know from kubectl describe. */
export function goErrorText(
  error: NodeJS.ErrnoException,
  address: { hostname: string; port: string | number },
): string {
  const where = `dial tcp ${address.hostname}:${address.port}`;
  switch (error.code) {
    case "ECONNREFUSED":
      return `${where}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `${where}: connect: no route to host`;
    case "ECONNRESET":
      return "read: connection reset by peer";
    case "ABORT_ERR":
    case "ETIMEDOUT":
      return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    default:
      return error.name === "TimeoutError"
        ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        : error.message;
  }
}
