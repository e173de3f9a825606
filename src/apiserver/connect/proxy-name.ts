/** What `name` means in a proxy request: `web`, `web:http`, `https:web:8443`, `https:web:`. */
export interface ProxyName {
  readonly scheme: "http" | "https" | "";
  readonly name: string;
  readonly port: string;
}

/** Undefined when the text has too many parts or another scheme. */
export function parseProxyName(text: string): ProxyName | undefined {
  const parts = text.split(":");
  if (parts.length === 1) return { scheme: "", name: text, port: "" };
  if (parts.length === 2) return { scheme: "", name: parts[0]!, port: parts[1]! };
  const [scheme, name, port] = parts as [string, string, string];
  if (parts.length > 3 || (scheme !== "http" && scheme !== "https" && scheme !== "") || name === "") return undefined;
  return { scheme, name, port };
}

/**
 * The part of a request's path that goes to the target, still encoded as the client wrote it, with its final slash.
 * Undefined when the path ends with `proxy`: relative links of the target would then lead elsewhere.
 */
export function targetPath(path: string): string | undefined {
  const match = /^\/api\/[^/]+(?:\/namespaces\/[^/]+)?\/[^/]+\/[^/]+\/proxy(\/.*)?$/.exec(path);
  return match?.[1];
}
