import type { Secret } from "../../api/generated/core/v1.ts";
import type { AuthConfig } from "../cri/config.ts";
import { repositoryOf } from "./reference.ts";

interface DockerEntry {
  username?: string;
  password?: string;
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** Credentials of pull secrets that are for this image, the most specific first. Secrets that make no sense are skipped. */
export function credentialsFor(image: string, secrets: readonly Secret[]): AuthConfig[] {
  const target = repositoryOf(image);
  const found: { key: string; auth: AuthConfig }[] = [];
  for (const secret of secrets) {
    for (const [key, entry] of Object.entries(entriesOf(secret))) {
      if (matches(key, target)) found.push({ key, auth: authOf(entry, key) });
    }
  }
  return found.sort((one, other) => other.key.length - one.key.length).map(({ auth }) => auth);
}

function entriesOf(secret: Secret): Record<string, DockerEntry> {
  const decode = (name: string): unknown => {
    const data = secret.data?.[name];
    if (data === undefined) return undefined;
    try {
      return JSON.parse(Buffer.from(data, "base64").toString());
    } catch {
      return undefined;
    }
  };
  if (secret.type === "kubernetes.io/dockerconfigjson") {
    return (decode(".dockerconfigjson") as { auths?: Record<string, DockerEntry> } | undefined)?.auths ?? {};
  }
  if (secret.type === "kubernetes.io/dockercfg") return (decode(".dockercfg") as Record<string, DockerEntry>) ?? {};
  return {};
}

/** Keys are hosts, hosts with a path, or URLs; `*` stands for one part of a host name. */
function matches(key: string, target: { registry: string; repository: string }): boolean {
  const plain = key
    .replace(/^https?:\/\//, "")
    .replace(/\/v[12]\/?$/, "")
    .replace(/\/$/, "");
  const slash = plain.indexOf("/");
  const host = slash < 0 ? plain : plain.slice(0, slash);
  const path = slash < 0 ? "" : plain.slice(slash + 1);
  if (path !== "" && target.repository !== path && !target.repository.startsWith(`${path}/`)) return false;
  const wanted = host === "index.docker.io" ? "docker.io" : host;
  const parts = wanted.split(".");
  const actual = target.registry.split(".");
  return (
    parts.length === actual.length &&
    parts.every((part, index) => new RegExp(`^${escapePattern(part).replaceAll("\\*", "[^.]*")}$`).test(actual[index]!))
  );
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function authOf(entry: DockerEntry, serverAddress: string): AuthConfig {
  const decoded = entry.auth === undefined ? "" : Buffer.from(entry.auth, "base64").toString();
  const colon = decoded.indexOf(":");
  return {
    username: entry.username ?? (colon < 0 ? "" : decoded.slice(0, colon)),
    password: entry.password ?? (colon < 0 ? "" : decoded.slice(colon + 1).replace(/\0+$/, "")),
    serverAddress,
    ...(entry.identitytoken !== undefined && { identityToken: entry.identitytoken }),
    ...(entry.registrytoken !== undefined && { registryToken: entry.registrytoken }),
  };
}
