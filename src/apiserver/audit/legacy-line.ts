import type { AuditEvent } from "./event.ts";

/** An event in the one-line format that `--audit-log-format=legacy` asks for. */
export function legacyLine(event: AuditEvent): string {
  const { user, impersonatedUser, objectRef, responseStatus } = event;
  const groups = (list: readonly string[] | undefined): string =>
    list === undefined || list.length === 0 ? '"<none>"' : list.map(quoted).join(",");
  const fields = [
    `id=${quoted(event.auditID)}`,
    `stage=${quoted(event.stage)}`,
    `ip=${quoted(event.sourceIPs?.[0] ?? "<unknown>")}`,
    `method=${quoted(event.verb)}`,
    `user=${quoted(user.username || "<none>")}`,
    `groups=${groups(user.groups)}`,
    `as=${quoted(impersonatedUser?.username ?? "<self>")}`,
    `asgroups=${impersonatedUser === undefined ? '"<lookup>"' : groups(impersonatedUser.groups)}`,
    `user-agent=${quoted(event.userAgent ?? "")}`,
    `namespace=${quoted(objectRef?.namespace || "<none>")}`,
    `uri=${quoted(event.requestURI)}`,
    `response=${quoted(responseStatus === undefined ? "<deferred>" : String(responseStatus.code))}`,
  ];
  return `${event.requestReceivedTimestamp} AUDIT: ${fields.join(" ")}`;
}

const quoted = (text: string): string => JSON.stringify(text);
