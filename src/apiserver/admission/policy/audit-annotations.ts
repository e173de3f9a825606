import type { AdmissionAttributes } from "../admission.ts";

const LONGEST_VALUE = 10 * 1024;

/** Collects what a policy's bindings say for the audit event; values that differ are listed together. */
export interface AuditCollector {
  add(key: string, value: string): void;
  publish(): void;
}

export function auditCollector(policyName: string, attributes: AdmissionAttributes): AuditCollector {
  const collected = new Map<string, Set<string>>();
  return {
    add(key, value) {
      const values = collected.get(key) ?? new Set();
      collected.set(key, values.add(value.slice(0, LONGEST_VALUE)));
    },
    publish() {
      for (const [key, values] of collected) attributes.annotate(`${policyName}/${key}`, [...values].join(", "));
    },
  };
}
