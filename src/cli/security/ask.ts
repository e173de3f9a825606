import { request } from "node:https";
import type { ConnectionOptions } from "node:tls";

/** One HTTPS request, with the TLS that it is made by. */
export interface Question {
  readonly path: string;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Client certificate and key, PEM. */
  readonly credentials?: { readonly certificate: string; readonly key: string } | undefined;
}

export interface Asked {
  readonly code: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const TIMEOUT_MS = 10_000;
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/** @throws Error when nobody answers */
export function ask(
  to: { readonly host: string; readonly port: number; readonly tls: ConnectionOptions },
  question: Question,
): Promise<Asked> {
  const body = question.body === undefined ? undefined : JSON.stringify(question.body);
  const { credentials } = question;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: to.host,
        port: to.port,
        ...to.tls,
        ...(credentials === undefined ? {} : { cert: credentials.certificate, key: credentials.key }),
        method: question.method ?? "GET",
        path: question.path,
        headers: {
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...question.headers,
        },
        timeout: TIMEOUT_MS,
        agent: false,
      },
      (answer) => {
        const parts: Buffer[] = [];
        let size = 0;
        answer.on("data", (part: Buffer) => {
          size += part.length;
          if (size > LARGEST_ANSWER_BYTES) sent.destroy(new Error("the answer is too long"));
          parts.push(part);
        });
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ code: answer.statusCode ?? 0, body: Buffer.concat(parts).toString(), headers: answer.headers }),
        );
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    sent.on("error", reject);
    sent.end(body);
  });
}
