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

/** GET of a JSON document from an aggregated server, as somebody. Rejects when it does not answer so with 200. */
export function askRemote(
  connection: Connection,
  request: { readonly path: string; readonly user: UserInfo; readonly signal: AbortSignal },
): Promise<unknown> {
  const headers = withIdentity({ accept: "application/json", "user-agent": "kube-apiserver" }, request.user);
  const { secure: _, ...to } = connection;
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({ ...to, path: request.path, headers, agent: false, signal: request.signal });
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
        if (response.statusCode !== 200)
          return reject(new Error(`bad status from ${urlOf(connection, request.path)}: ${response.statusCode}`));
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        } catch (error) {
          reject(new Error(`the answer is not JSON: ${errorMessage(error)}`));
        }
      });
    });
    sent.end();
  });
}
