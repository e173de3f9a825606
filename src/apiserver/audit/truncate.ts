import type { AuditTruncation } from "../../api/server-settings.ts";
import type { AuditBackend, CountDropped } from "./auditor.ts";
import type { AuditEvent } from "./event.ts";

const TRUNCATED = "audit.k8s.io/truncated";

/** A backend that gets no event above a size: objects are left out and that is noted; what is still too large is dropped and counted. */
export function truncating(backend: AuditBackend, limits: AuditTruncation, dropped: CountDropped): AuditBackend {
  const fits = (text: string): boolean => Buffer.byteLength(text) <= limits.maxEventBytes;
  return {
    name: backend.name,
    close: () => backend.close(),
    write(event, text) {
      if (fits(text)) return backend.write(event, text);
      const shorter = withoutObjects(event);
      const shorterText = JSON.stringify(shorter);
      if (fits(shorterText)) return backend.write(shorter, shorterText);
      dropped(backend.name, 1);
      return undefined;
    },
  };
}

function withoutObjects(event: AuditEvent): AuditEvent {
  if (event.level !== "Request" && event.level !== "RequestResponse") return event;
  const { requestObject: _sent, responseObject: _answered, ...rest } = event;
  return { ...rest, annotations: { ...event.annotations, [TRUNCATED]: "true" } };
}
