import { resolve } from "node:path";
import type { AdmissionChoice } from "./choices.ts";
import { type CommandOption, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";

/** Admission plugins under upstream's flags. */
export const admissionOptions = grouped("Admission", {
  "enable-admission-plugins": names("admission plugins besides those that are on by default"),
  "disable-admission-plugins": names("admission plugins that are on by default and shall not be"),
  "admission-control-config-file": {
    type: "string",
    value: "FILE",
    description: "AdmissionConfiguration: what plugins are told",
  },
});

export function admissionOf(invocation: Invocation): AdmissionChoice {
  const configurationFile = text(invocation, "admission-control-config-file");
  return {
    enabled: namesOf(invocation, "enable-admission-plugins"),
    disabled: namesOf(invocation, "disable-admission-plugins"),
    ...(configurationFile === undefined ? {} : { configurationFile: resolve(configurationFile) }),
  };
}

function namesOf(invocation: Invocation, name: string): string[] {
  return (text(invocation, name) ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function names(description: string): CommandOption {
  return { type: "string", value: "NAME,…", description };
}
