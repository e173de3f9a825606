import { createHash, timingSafeEqual, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { UserInfo } from "../apiserver/authn/authenticator.ts";
import type { Random } from "../base/random.ts";
import { readText, writePrivate } from "../bootstrap/pki/pki-files.ts";
import { CommandError } from "../cli/command.ts";

/**
 * What lets a machine join: `<SHA-256 of the cluster's authority>.<secret>`, both in hex. The first half lets the machine know
 * the cluster before it says anything to it, the second lets the cluster know the machine.
 */
export interface AgentToken {
  readonly authorityHash: string;
  readonly secret: string;
}

const AGENT_TOKEN_FILE = "agent-token";
const SECRET_BYTES = 24;

/** Who shows the token: may ask for a node's certificate, and see what services are. */
export const AGENT: UserInfo = { name: "system:bootstrap:agent", groups: ["system:bootstrappers", "wherry:agents"] };

/** The token of a cluster; made at its first start, kept in its data directory for its owner alone. */
export function ensureAgentToken(dataDirectory: string, authority: string, random: Random): AgentToken {
  const hash = authorityHash(new X509Certificate(authority).raw);
  const stored = readText(dataDirectory, AGENT_TOKEN_FILE)?.trim();
  // The secret stays when the authority is another: machines that have joined go on showing it.
  const secret =
    /^[0-9a-f]{64}\.([0-9a-f]{32,})$/.exec(stored ?? "")?.[1] ?? random.bytes(SECRET_BYTES).toString("hex");
  const text = `${hash}.${secret}`;
  if (stored !== text) writePrivate(join(dataDirectory, AGENT_TOKEN_FILE), `${text}\n`, true);
  return { authorityHash: hash, secret };
}

/** @throws CommandError (2) when the text is no token */
export function parseAgentToken(text: string): AgentToken {
  const match = /^([0-9a-f]{64})\.([0-9a-f]{32,})$/.exec(text.trim());
  if (match === null) {
    throw new CommandError(
      `--token is not a token of a cluster: it is the text of the file ${AGENT_TOKEN_FILE} in the server's data directory`,
      2,
    );
  }
  return { authorityHash: match[1]!, secret: match[2]! };
}

/** True when this certificate is the authority that the token names. */
export function isAuthorityOf(token: AgentToken, certificate: Buffer): boolean {
  return timingSafeEqual(Buffer.from(authorityHash(certificate)), Buffer.from(token.authorityHash));
}

function authorityHash(certificate: Buffer): string {
  return createHash("sha256").update(certificate).digest("hex");
}
