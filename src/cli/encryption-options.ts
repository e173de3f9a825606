import { resolve } from "node:path";
import type { EncryptionSettings } from "../api/server-settings.ts";
import { grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";

/** An encryption configuration of somebody's own, under upstream's flags. */
export const encryptionOptions = grouped("Encryption on disk", {
  "encryption-provider-config": {
    type: "string",
    value: "FILE",
    description: "EncryptionConfiguration: what is encrypted on disk (default: Secrets, by a key of the cluster)",
  },
  "encryption-provider-config-automatic-reload": {
    type: "boolean",
    description: "read that file again when it changes",
  },
});

export function encryptionOf(invocation: Invocation): EncryptionSettings {
  const file = text(invocation, "encryption-provider-config");
  const automaticReload = invocation.options["encryption-provider-config-automatic-reload"] === true;
  return { automaticReload, ...(file === undefined ? {} : { providerConfig: resolve(file) }) };
}
