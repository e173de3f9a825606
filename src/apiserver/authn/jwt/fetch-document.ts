import { Agent, get } from "node:https";

const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** GETs JSON documents of one issuer over HTTPS that its authorities vouch for. Redirects are not followed. */
export interface DocumentSource {
  /** @throws Error that says what went wrong */
  fetch(url: string): Promise<unknown>;
  close(): void;
}

/** @param certificateAuthority PEM; the system's authorities when absent */
export function httpsDocuments(certificateAuthority?: string): DocumentSource {
  const agent = new Agent({
    keepAlive: true,
    maxFreeSockets: 1,
    minVersion: "TLSv1.2",
    // As Go's verifier: see create-webhook-client.ts.
    allowPartialTrustChain: true,
    ...(certificateAuthority ? { ca: certificateAuthority } : {}),
  });
  return {
    async fetch(url) {
      const text = await textOf(url, agent);
      try {
        return JSON.parse(text);
      } catch (error) {
        throw new Error(`the answer of ${url} is not JSON`, { cause: error });
      }
    },
    close: () => agent.destroy(),
  };
}

function textOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent, headers: { accept: "application/json" }, timeout: TIMEOUT_MS }, (response) => {
      const { statusCode } = response;
      if (statusCode !== 200) {
        response.resume();
        reject(new Error(`${url} answered ${statusCode}`));
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BYTES) asked.destroy(new Error(`the answer of ${url} is longer than ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error(`${url} did not answer in ${TIMEOUT_MS / 1000} s`)));
    asked.on("error", reject);
  });
}
