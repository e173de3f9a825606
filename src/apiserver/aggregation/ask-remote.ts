import { request as httpsRequest } from "node:https";
import { errorMessage } from "../../base/assert.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Connection } from "../connect/forward.ts";
import { withIdentity } from "./identity-headers.ts";

const ANSWER_LIMIT_BYTES = 32 * 1024 * 1024;

/** Where a request goes, as it is told. */
export function urlOf({ host, port }: Connection, path: string): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

export interface RemoteRequest {
  readonly path: string;
  /** Anything when absent. */
  readonly accept?: string;
  readonly user: UserInfo;
  readonly signal: AbortSignal;
}

export interface RemoteAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** GET from an aggregated server, as somebody. Rejects when it does not answer. */
export function getRemote(connection: Connection, request: RemoteRequest): Promise<RemoteAnswer> {
  const { path, accept, user, signal } = request;
  const headers = withIdentity({ ...(accept !== undefined && { accept }), "user-agent": "kube-apiserver" }, user);
  const { secure: _, ...to } = connection;
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({ ...to, path, headers, agent: false, signal });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_LIMIT_BYTES) sent.destroy(new Error(`the answer is longer than ${ANSWER_LIMIT_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on("end", () => {
        const contentType = response.headers["content-type"] ?? "";
        resolve({ code: response.statusCode ?? 0, contentType, body: Buffer.concat(chunks) });
      });
    });
    sent.end();
  });
}

/** GET of a JSON document from an aggregated server, as somebody. Rejects when it does not answer so with 200. */
export async function askRemote(connection: Connection, request: Omit<RemoteRequest, "accept">): Promise<unknown> {
  const { code, body } = await getRemote(connection, { ...request, accept: "application/json" });
  if (code !== 200) throw new Error(`bad status from ${urlOf(connection, request.path)}: ${code}`);
  return jsonOf(body);
}

/** @throws Error */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Error(`the answer is not JSON: ${errorMessage(error)}`);
  }
}
