import type { ServiceError } from "@grpc/grpc-js";
import { errorMessage } from "../../base/assert.ts";

/**
 * What a failed call means for what was asked:
 * - `notDone`: it certainly changed nothing, and may be made again (no leader, not connected, too busy);
 * - `unknown`: it may have been done, or may still be (a deadline, a broken connection);
 * - `compacted`, `future`: the revision is gone, or not there yet;
 * - `tooLarge`: the value will never be taken;
 * - `leaseGone`: the lease of the write has run out;
 * - `refused`: etcd says no for another reason, and would again.
 */
export type EtcdFailure = "notDone" | "unknown" | "compacted" | "future" | "tooLarge" | "leaseGone" | "refused";

export class EtcdError extends Error {
  override name = "EtcdError";
  readonly failure: EtcdFailure;
  /** The endpoint is at fault, or its way to the others: another one may do better. */
  readonly isOfEndpoint: boolean;

  constructor(failure: EtcdFailure, message: string, options: { isOfEndpoint?: boolean } = {}) {
    super(message);
    this.failure = failure;
    this.isOfEndpoint = options.isOfEndpoint ?? false;
  }
}

const CODES = { unknown: 2, deadlineExceeded: 4, resourceExhausted: 8, unavailable: 14 } as const;

/** By etcd's own words (api/v3rpc/rpctypes/error.go), which are the same in all versions. First match counts. */
const WORDS: readonly (readonly [RegExp, EtcdFailure])[] = [
  [/required revision has been compacted/, "compacted"],
  [/required revision is a future revision/, "future"],
  [/request is too large|message larger than max/, "tooLarge"],
  [/requested lease not found/, "leaseGone"],
  [/too many requests|no leader|not supported for learner|not capable/, "notDone"],
  [/^No connection established|^Name resolution failed/, "notDone"],
];

/** Says what a failed gRPC call means. */
export function etcdError(error: unknown, endpoint: string): EtcdError {
  if (error instanceof EtcdError) return error;
  const { code, details } = error as Partial<ServiceError>;
  const text = readable(details || errorMessage(error));
  const message = `etcd at ${endpoint}: ${text}`;
  const isOfEndpoint = code === CODES.unavailable || code === CODES.deadlineExceeded || code === CODES.unknown;
  const known = WORDS.find(([words]) => words.test(text))?.[1];
  if (known !== undefined) return new EtcdError(known, message, { isOfEndpoint });
  // Invalid arguments, permissions, a full quota: said by a server that has looked at the request and left it.
  const isRefused = code !== undefined && ([3, 5, 6, 7, 9, 12, 16] as number[]).includes(code);
  if (isRefused || code === CODES.resourceExhausted) return new EtcdError("refused", message);
  return new EtcdError("unknown", message, { isOfEndpoint: true });
}

const NO_ANSWER = "it hangs, is overloaded, or has no quorum of its members";
const NOT_CONNECTED = "No connection established";

/** What people do about a connection that cannot be made. First match counts; what OpenSSL says of alerts helps nobody. */
const ADVICE: readonly (readonly [RegExp, string, { readonly alone: boolean }])[] = [
  [/ECONNREFUSED/, "nothing listens there; start etcd, or correct --etcd-servers", { alone: false }],
  [/ENOTFOUND|EAI_AGAIN|Name resolution failed/, "correct --etcd-servers, or the name service", { alone: false }],
  [
    /unable to verify|unable to get|self.signed certificate/,
    "its certificate is not signed by the authority in --etcd-cafile",
    { alone: true },
  ],
  [
    /alert (bad|unknown|certificate|handshake|access)|certificate required/,
    "it does not accept the client certificate: --etcd-certfile and --etcd-keyfile are to name one of an authority that it trusts",
    { alone: true },
  ],
  [/wrong version number|packet length too long|EPROTO/, "it does not speak TLS: try http://", { alone: true }],
  [/Failed to connect|Protocol error/, "it may expect TLS (https://), or be no etcd", { alone: false }],
];

/** The gRPC library ends some texts with a heading and nothing below it. */
function readable(text: string): string {
  const short = text
    .replace(/\.?\s*Resolution note:\s*$/, "")
    .replace(/Last error: (Error: )?/, "")
    .replace(/\s*\(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, "")
    .trim();
  const seconds = /^Deadline exceeded after ([\d.]+)s/.exec(short)?.[1];
  if (seconds !== undefined) return `no answer in ${Math.round(Number(seconds))} s: ${NO_ANSWER}`;
  const [, advice, options] = ADVICE.find(([words]) => short.startsWith("N") && words.test(short)) ?? [];
  if (advice === undefined) return short;
  return options?.alone === true ? `${NOT_CONNECTED}: ${advice}` : `${short}: ${advice}`;
}
