import { isIP } from "node:net";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { CommandError, type CommandOption, type Invocation } from "./command.ts";
import type { Runtime } from "./program.ts";

/** Where a cluster lives when nobody says: the system's place for root, the user's own place for everybody else. */
export function defaultDataDirectory(environment: Invocation["environment"]): string {
  if (environment.WHERRY_DATA_DIR) return environment.WHERRY_DATA_DIR;
  if (process.getuid?.() === 0) return "/var/lib/wherry";
  return join(environment.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "wherry");
}

export const dataDirectoryOption: CommandOption = {
  type: "string",
  value: "DIR",
  description: "the cluster's place (default $WHERRY_DATA_DIR, else /var/lib/wherry or ~/.local/share/wherry)",
};

export const outputOption: CommandOption = {
  type: "string",
  value: "FORMAT",
  short: "o",
  description: "text, or json for scripts",
  default: "text",
};

export const runtimeOption: CommandOption = {
  type: "string",
  value: "RUNTIME",
  description: "auto, containerd, or simulated (no real containers)",
  default: "auto",
};

export const systemLogQueryOption: CommandOption = {
  type: "boolean",
  description: "let the machine's services be asked for their logs by nodes/NAME/proxy/logs/?query=SERVICE",
};

export const bindOption: CommandOption = {
  type: "string",
  value: "ADDRESS",
  description: "address to listen on; 0.0.0.0 lets other machines in",
  default: "127.0.0.1",
};

export const nodeNameOption: CommandOption = {
  type: "string",
  value: "NAME",
  description: "name of this node (default: the host's name)",
};

export function nodeIpOption(defaultText: string): CommandOption {
  const description = `address by which other machines reach this node (default: ${defaultText})`;
  return { type: "string", value: "ADDRESS", description };
}

export function dataDirectoryOf(invocation: Invocation): string {
  return resolve(text(invocation, "data-dir") ?? defaultDataDirectory(invocation.environment));
}

export function kubeconfigOf(invocation: Invocation): string {
  return resolve(text(invocation, "kubeconfig") ?? join(dataDirectoryOf(invocation), "kubeconfig"));
}

/** A node is called as its machine, in the form that a node's name must have. */
export function nodeNameOf(invocation: Invocation): string {
  const name = text(invocation, "node-name") ?? hostname().toLowerCase();
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) return name;
  throw new CommandError(
    `"${name}" cannot be a node's name: use lower-case letters, digits, '-' and '.' (--node-name)`,
    2,
  );
}

export function runtimeOf(invocation: Invocation): Runtime {
  const runtime = text(invocation, "runtime") ?? "auto";
  if (runtime === "auto" || runtime === "containerd" || runtime === "simulated") return runtime;
  throw new CommandError(`--runtime is auto, containerd or simulated, not "${runtime}"`, 2);
}

export function portOf(invocation: Invocation, name = "port"): number | undefined {
  const port = text(invocation, name);
  if (port === undefined) return undefined;
  if (/^\d{1,5}$/.test(port) && Number(port) <= 65535) return Number(port);
  throw new CommandError(`--${name} is a number from 0 to 65535, not "${port}"`, 2);
}

export function bindOf(invocation: Invocation): string {
  return addressOf(invocation, "bind");
}

/** An address to listen on; this machine's own when absent. */
export function addressOf(invocation: Invocation, name: string): string {
  const bind = text(invocation, name) ?? "127.0.0.1";
  if (bind === "localhost") return "127.0.0.1";
  if (isIP(bind) !== 0) return bind;
  throw new CommandError(`--${name} is an IP address of this machine (0.0.0.0: all), not "${bind}"`, 2);
}

export function nodeIpOf(invocation: Invocation): string | undefined {
  const address = text(invocation, "node-ip");
  if (address === undefined || isIP(address) !== 0) return address;
  throw new CommandError(`--node-ip is an IP address of this machine, not "${address}"`, 2);
}

export function wantsJson(invocation: Invocation): boolean {
  const output = text(invocation, "output") ?? "text";
  if (output === "json" || output === "text") return output === "json";
  throw new CommandError(`--output is text or json, not "${output}"`, 2);
}

export function text(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
