import type { NamedKey } from "./named-key.ts";

/** EncryptionConfiguration of apiserver.config.k8s.io/v1, as upstream's --encryption-provider-config reads it. */
export interface EncryptionConfiguration {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resources: readonly ResourceConfiguration[];
}

export interface ResourceConfiguration {
  /** `secrets`, `deployments.apps`, `*.apps` (a group), `*.` (the core group), `*.*` (everything). */
  readonly resources: readonly string[];
  /** The first writes, all read. */
  readonly providers: readonly ProviderConfiguration[];
}

/** Exactly one of them. */
export interface ProviderConfiguration {
  readonly aesgcm?: { readonly keys: readonly NamedKey[] };
  readonly aescbc?: { readonly keys: readonly NamedKey[] };
  readonly secretbox?: { readonly keys: readonly NamedKey[] };
  readonly identity?: object;
  readonly kms?: KmsConfiguration;
}

export interface KmsConfiguration {
  readonly apiVersion?: string;
  readonly name: string;
  /** `unix:///run/kms.sock`. */
  readonly endpoint: string;
  /** Of one call, as a Go duration; `3s` when absent. */
  readonly timeout?: string;
  readonly cachesize?: number;
}

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `deployments.apps` → apps, deployments (schema.ParseGroupResource). */
export function groupResourceOf(text: string): GroupResource {
  const dot = text.indexOf(".");
  return dot < 0 ? { group: "", resource: text } : { resource: text.slice(0, dot), group: text.slice(dot + 1) };
}

/**
 * Reads the text of a configuration file, JSON or YAML.
 * @throws Error that says what is wrong with it
 */
export async function parseEncryptionConfiguration(text: string): Promise<EncryptionConfiguration> {
  if (text.trim() === "") throw new Error("it is empty");
  const value = text.trimStart().startsWith("{") ? JSON.parse(text) : (await import("js-yaml")).load(text);
  const config = value as EncryptionConfiguration | null;
  const version = config?.apiVersion;
  const known = version === "apiserver.config.k8s.io/v1" || version === "v1";
  if (typeof config !== "object" || config === null || !known || config.kind !== "EncryptionConfiguration") {
    throw new Error("it must be an EncryptionConfiguration of apiserver.config.k8s.io/v1");
  }
  return config;
}
