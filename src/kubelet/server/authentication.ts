import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { tokenReviews } from "../../api/generated/resources.ts";
import type { Clock } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import { AnswerCache } from "./answer-cache.ts";

/** Who sends a request to the node. */
export interface Caller {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, string[]>>;
}

/** Says who sends a request; undefined for nobody that we know (401). */
export type Authenticate = (request: IncomingMessage) => Promise<Caller | undefined>;

/** Upstream's webhook cache of the kubelet: 2 minutes. */
const KEEP_MS = 120_000;
const CAPACITY = 1_000;
const EVERYBODY = "system:authenticated";

/** Client certificates that the cluster's authority signed, and bearer tokens that the API server knows (TokenReview). */
export function authenticator(client: Client, clock: Clock): Authenticate {
  const reviews = new AnswerCache<Caller | undefined>(clock, CAPACITY);
  return async (request) => {
    const certified = certificateCaller(request.socket as TLSSocket);
    if (certified !== undefined) return certified;
    const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) return undefined;
    const key = createHash("sha256").update(token).digest("base64");
    return reviews.get(
      key,
      () => review(client, token),
      (caller) => (caller === undefined ? KEEP_MS / 4 : KEEP_MS),
    );
  };
}

async function review(client: Client, token: string): Promise<Caller | undefined> {
  const { status } = await client.create(tokenReviews, { spec: { token } } as object);
  if (status?.authenticated !== true || !status.user?.username) return undefined;
  const { username, uid = "", groups = [], extra = {} } = status.user;
  return { name: username, uid, groups: withEverybody(groups), extra };
}

function certificateCaller(socket: TLSSocket): Caller | undefined {
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const name = Array.isArray(subject?.CN) ? subject.CN[0] : subject?.CN;
  if (!name) return undefined;
  return { name, uid: "", groups: withEverybody(subject?.O === undefined ? [] : [subject.O].flat()), extra: {} };
}

function withEverybody(groups: readonly string[]): string[] {
  return groups.includes(EVERYBODY) ? [...groups] : [...groups, EVERYBODY];
}
