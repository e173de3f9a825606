import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../wait.ts";
import { withSecret } from "./api-server.ts";
import { decide, type LookedAt, notHere, type SecurityCheck } from "./check.ts";

const AUDIT_LOG = join("audit", "audit.log");
const AUDIT_WAIT_MS = 5000;
const AUDIT_POLL_MS = 200;
/** What is looked for is at the end: a day's log is not read. */
const AUDIT_TAIL_BYTES = 4 * 1024 * 1024;

/** What lies on the disk: the store and the audit log. */
export const storedChecks: readonly SecurityCheck[] = [
  {
    id: "1.2.16",
    title: "requests are audited into a log",
    remedy: "start without an --audit-policy-file that omits everything",
    look: async (at) => {
      const line = await auditedLine(at, `/api/v1/namespaces/default/secrets/${at.token}-audit`);
      return decide(
        line !== undefined,
        line === undefined ? "no line about a request came" : join(at.dataDirectory, AUDIT_LOG),
      );
    },
  },
  auditLimit("1.2.17", "maxage", { atLeast: 30, usual: 30, what: "days" }),
  auditLimit("1.2.18", "maxbackup", { atLeast: 10, usual: 10, what: "files" }),
  auditLimit("1.2.19", "maxsize", { atLeast: 100, usual: 100, what: "MB" }),
  {
    id: "1.2.27",
    title: "Secrets are encrypted on disk",
    remedy: "have secrets in the resources of --encryption-provider-config, or start without that flag",
    look: (at) =>
      withSecret(at, async (marker) => {
        const bytes = storeBytes(at);
        if (bytes === undefined) return notHere("the store is not in the data directory");
        const words = [marker, Buffer.from(marker).toString("base64")];
        const isThere = words.some((word) => bytes.includes(word));
        const isStored = bytes.includes(`/secrets/default/${at.token}`);
        return decide(
          !isThere && isStored,
          isThere ? "a Secret's word is in the store's files" : "a Secret just made is not to be read there",
        );
      }),
  },
  {
    id: "1.2.28",
    title: "encryption at rest is by aescbc, aesgcm, secretbox or kms",
    remedy: "have such a provider first in --encryption-provider-config",
    look: (at) =>
      withSecret(at, async () => {
        const bytes = storeBytes(at);
        if (bytes === undefined) return notHere("the store is not in the data directory");
        const place = bytes.lastIndexOf(`/secrets/default/${at.token}`);
        const found = /k8s:enc:[a-z]+:v[0-9]+:[^:]{1,100}:/.exec(bytes.toString("latin1", place, place + 400))?.[0];
        return decide(found !== undefined, found ?? "the value has no mark of encryption");
      }),
  },
  {
    id: "3.2.2",
    title: "the audit log tells who touched Secrets, and never what is in them",
    remedy: "have a rule of level Metadata for secrets in --audit-policy-file",
    look: (at) =>
      withSecret(at, async (marker) => {
        const line = await auditedLine(at, `/api/v1/namespaces/default/secrets/${at.token}`);
        if (line === undefined) return decide(false, "no line about a Secret came");
        const isTold = auditTail(at).includes(Buffer.from(marker).toString("base64"));
        return decide(!isTold, isTold ? "a Secret's word is in the log" : `level ${/"level":"(\w+)"/.exec(line)?.[1]}`);
      }),
  },
];

function auditLimit(id: string, flag: string, limit: { atLeast: number; usual: number; what: string }): SecurityCheck {
  const name = `--audit-log-${flag}`;
  return {
    id,
    title: `the audit log is kept: ${name} ${limit.atLeast} or more`,
    remedy: `start with ${name}=${limit.atLeast}`,
    look: ({ commandLine }) => {
      const index = commandLine.findIndex((word) => word === name || word.startsWith(`${name}=`));
      const given = index < 0 ? undefined : (commandLine[index]!.split("=")[1] ?? commandLine[index + 1]);
      const value = given === undefined ? limit.usual : Number(given);
      // 0 forgets nothing.
      return decide(value === 0 || value >= limit.atLeast, `${value} ${limit.what}`);
    },
  };
}

/** The line that the log has about a request for this path; the request is made here. */
async function auditedLine(at: LookedAt, path: string): Promise<string | undefined> {
  await at.askAsAdministrator({ path: `${path}?${at.token}` });
  const deadline = at.clock.monotonic() + AUDIT_WAIT_MS;
  for (;;) {
    const lines = auditTail(at).split("\n");
    const line = lines.findLast((each) => each.includes(`${path}?${at.token}`));
    if (line !== undefined || at.clock.monotonic() > deadline) return line;
    await pause(AUDIT_POLL_MS);
  }
}

function auditTail(at: LookedAt): string {
  const file = join(at.dataDirectory, AUDIT_LOG);
  if (!existsSync(file)) return "";
  const bytes = readFileSync(file);
  return bytes.toString("latin1", Math.max(0, bytes.length - AUDIT_TAIL_BYTES));
}

/** Everything that the embedded engine has on the disk; undefined when another engine keeps the objects. */
function storeBytes(at: LookedAt): Buffer | undefined {
  const directory = join(at.dataDirectory, "store");
  if (!existsSync(directory)) return undefined;
  // Not the lock: it is somebody's.
  const files = readdirSync(directory).filter((file) => file.startsWith("store.db"));
  return files.length === 0 ? undefined : Buffer.concat(files.map((file) => readFileSync(join(directory, file))));
}
