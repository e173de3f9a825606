import { basename, dirname } from "node:path";
import { makePrivateDirectory, readText, writePrivate } from "./pki/pki-files.ts";

/** How one user reaches one cluster. */
export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  /** By which the server is asked for its certificate, and known; by its host when absent. */
  readonly tlsServerName?: string | undefined;
  /** PEM of the authority that signed the server's certificate. */
  readonly certificateAuthority: string;
  /** Name of the user entry, e.g. `kubernetes-admin`. */
  readonly user: string;
  readonly credentials: { readonly certificate: string; readonly key: string } | { readonly token: string };
  /** Name of the cluster and the context; `wherry` when absent. */
  readonly cluster?: string;
  readonly namespace?: string;
}

/** A whole kubeconfig as YAML text, certificates embedded. Nothing else is merged into it. */
export function kubeconfigText(options: KubeconfigOptions): string {
  const cluster = quoted(options.cluster ?? "wherry");
  const user = quoted(options.user);
  const namespace = options.namespace === undefined ? [] : [`      namespace: ${quoted(options.namespace)}`];
  const { tlsServerName } = options;
  return [
    "apiVersion: v1",
    "kind: Config",
    "clusters:",
    `  - name: ${cluster}`,
    "    cluster:",
    `      server: ${quoted(options.server)}`,
    ...(tlsServerName === undefined ? [] : [`      tls-server-name: ${quoted(tlsServerName)}`]),
    `      certificate-authority-data: ${base64(options.certificateAuthority)}`,
    "users:",
    `  - name: ${user}`,
    "    user:",
    ...credentialLines(options.credentials).map((line) => `      ${line}`),
    "contexts:",
    `  - name: ${cluster}`,
    "    context:",
    `      cluster: ${cluster}`,
    `      user: ${user}`,
    ...namespace,
    `current-context: ${cluster}`,
    "preferences: {}",
    "",
  ].join("\n");
}

/**
 * Writes it to `path` with mode 0600, in a directory that it makes (0700) if there is none. A file that says the same is left
 * alone; one that a power failure takes is written again at the next start, so nothing waits for the disk.
 */
export function writeKubeconfig(path: string, options: KubeconfigOptions): void {
  const text = kubeconfigText(options);
  makePrivateDirectory(dirname(path), "keep");
  if (readText(dirname(path), basename(path)) !== text) writePrivate(path, text, false);
}

function credentialLines(credentials: KubeconfigOptions["credentials"]): string[] {
  if ("token" in credentials) return [`token: ${quoted(credentials.token)}`];
  return [`client-certificate-data: ${base64(credentials.certificate)}`, `client-key-data: ${base64(credentials.key)}`];
}

/** Plain where YAML cannot misread it; otherwise a JSON string, which YAML reads alike. */
function quoted(text: string): string {
  return /^[a-z][a-z0-9.-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(text)
    ? text
    : JSON.stringify(text);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
