import { resolve } from "node:path";
import type { EncryptionSettings } from "../api/server-settings.ts";
import type { CommandOption, Invocation } from "./command.ts";
import { text } from "./defaults.ts";

/** An encryption configuration of somebody's own, under upstream's flags. */
export const encryptionOptions: Readonly<Record<string, CommandOption>> = {
  "encryption-provider-config": {
    type: "string",
    value: "FILE",
    description: "EncryptionConfiguration: what is encrypted on disk (default: Secrets, by a key of the cluster)",
  },
  "encryption-provider-config-automatic-reload": {
    type: "boolean",
    description: "notice when that file changes",
  },
};

export function encryptionOf(invocation: Invocation): EncryptionSettings {
  const file = text(invocation, "encryption-provider-config");
  const automaticReload = invocation.options["encryption-provider-config-automatic-reload"] === true;
  return { automaticReload, ...(file === undefined ? {} : { providerConfig: resolve(file) }) };
}
