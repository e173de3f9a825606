import type { ApiObject } from "../../src/api/meta.ts";
import type { UserInfo } from "../../src/apiserver/authn/authenticator.ts";
import { objectAnswer } from "../../src/apiserver/exchange.ts";
import { statusOf } from "../../src/apiserver/filters/errors.ts";
import { exchangeOf, plainExchange } from "../../src/apiserver/http/http-exchange.ts";
import type { Message } from "../../src/apiserver/http/message.ts";
import { RequestScope } from "../../src/apiserver/http/request-scope.ts";
import type { Sink } from "../../src/apiserver/http/sink.ts";
import { writeAnswer } from "../../src/apiserver/http/write-answer.ts";
import { headerRecord } from "../../src/apiserver/testing/header-record.ts";
import type { MemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { silentLogger } from "../../src/base/log.ts";
import { nextTurn } from "../../src/base/turn.ts";
import type { FuzzRequest } from "./requests.ts";

export interface FuzzAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** True for what goes on until somebody ends it, of which only the beginning is here. */
  readonly isStream: boolean;
}

/** How requests reach a server, and answers come back. */
export interface Door {
  send(request: FuzzRequest): Promise<FuzzAnswer>;
  close(): Promise<void>;
}

const ADMIN: UserInfo = { name: "admin", groups: ["system:masters"] };

/** Everything but the network: a request is read and an answer written as the edge does. */
export function inProcessDoor({ server, clock }: MemoryServer): Door {
  return {
    async send(request) {
      const scope = new RequestScope();
      const message: Message = {
        method: request.method,
        url: request.url,
        headers: request.headers,
        credentials: { headers: request.headers },
        body: { contentType: request.headers["content-type"] ?? "", read: async () => request.body },
        remoteAddress: "127.0.0.1",
        upgrade: undefined,
      };
      const sink = memorySink();
      let exchange = plainExchange(message, scope);
      let isStream = false;
      try {
        exchange = exchangeOf(message, scope);
        exchange.user = ADMIN;
        const answer = await server.handler(exchange);
        isStream = answer.kind === "watch" || answer.kind === "stream";
        const written = Promise.resolve(writeAnswer(answer, exchange, sink, clock));
        written.catch(() => {});
        if (isStream) {
          for (let turn = 0; turn < 4; turn++) await nextTurn();
          scope.end("the answer is there");
        }
        await written;
      } catch (error) {
        const { status } = statusOf(error, silentLogger, request.url);
        await writeAnswer(objectAnswer(status as ApiObject, { code: status.code }), exchange, sink, clock);
      }
      return { ...sink.head_, body: Buffer.concat(sink.chunks), isStream };
    },
    close: async () => {},
  };
}

function memorySink(): Sink & { head_: { code: number; headers: Record<string, string> }; chunks: Buffer[] } {
  const chunks: Buffer[] = [];
  const sink: ReturnType<typeof memorySink> = {
    chunks,
    head_: { code: 0, headers: {} },
    head(code, headers) {
      const texts = Object.entries(headerRecord(headers)).map(([name, value]) => [name, String(value)] as const);
      sink.head_ = { code, headers: Object.fromEntries(texts) };
    },
    write(chunk) {
      chunks.push(Buffer.from(chunk));
      return true;
    },
    writeAll(all) {
      chunks.push(...all);
      return true;
    },
    drained: async () => {},
    end(chunk) {
      if (chunk !== undefined) chunks.push(Buffer.from(chunk));
    },
    abort() {},
    written: () => 0,
  };
  return sink;
}
