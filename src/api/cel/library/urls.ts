import { isRequestUri } from "../../structural/uri-format.ts";
import { failure } from "../evaluate/failure.ts";
import type { OpaqueValue as Opaque } from "../evaluate/values.ts";
import { CelList, EntryMap, OpaqueValue } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";

const name = "kubernetes.URL";

interface Parts {
  readonly scheme: string;
  /** With its port. */
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class UrlValue extends OpaqueValue {
  override readonly typeName = name;
  readonly text: string;
  readonly parts: Parts;
  constructor(text: string) {
    super();
    this.text = text;
    this.parts = split(text);
  }
  equals(other: Opaque): boolean {
    return other instanceof UrlValue && other.text === this.text;
  }
  override get size(): number {
    return this.text.length;
  }
}

function split(text: string): Parts {
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?([^?]*)(?:\?(.*))?$/s.exec(text.replace(/#.*$/s, ""));
  const rest = match?.[2] ?? "";
  const scheme = (match?.[1] ?? "").toLowerCase();
  const query = match?.[3] ?? "";
  if (!rest.startsWith("/")) return { scheme, host: "", path: "", query };
  const authority = scheme !== "" && rest.startsWith("//") ? (/^[^/]*/.exec(rest.slice(2))?.[0] ?? "") : undefined;
  if (authority === undefined) return { scheme, host: "", path: rest, query };
  return {
    scheme,
    host: percentDecoded(authority.slice(authority.lastIndexOf("@") + 1)),
    path: rest.slice(2 + authority.length),
    query,
  };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hostname(host: string): string {
  return host.startsWith("[") ? host.slice(1, host.lastIndexOf("]")) : host.replace(/:\d*$/, "");
}

/** The path as Go writes it: what is escaped stays, what must be gets escaped. */
function escapedPath(path: string): string {
  return [...path]
    .map((letter) => (/[A-Za-z0-9\-_.~$&+,/:;=@%!'()*[\]]/.test(letter) ? letter : encodeURIComponent(letter)))
    .join("");
}

function query(text: string): EntryMap {
  const values = new Map<string, string[]>();
  for (const pair of text.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const equals = pair.indexOf("=");
    const plain = (part: string) => percentDecoded(part.replaceAll("+", " "));
    const key = plain(equals < 0 ? pair : pair.slice(0, equals));
    const list = values.get(key) ?? [];
    values.set(key, list);
    list.push(equals < 0 ? "" : plain(pair.slice(equals + 1)));
  }
  return new EntryMap([...values].map(([key, list]) => [key, new CelList(list)] as const));
}

export const urls: readonly Overload[] = [
  global("url", ["string"], name, (text: string) => {
    if (!isRequestUri(text))
      throw failure(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${text === "" ? "empty url" : "invalid URI for request"}`,
      );
    return new UrlValue(text);
  }),
  global("isURL", ["string"], "bool", isRequestUri),
  member("getScheme", [name], "string", (url: UrlValue) => url.parts.scheme),
  member("getHost", [name], "string", (url: UrlValue) => url.parts.host),
  member("getHostname", [name], "string", (url: UrlValue) => hostname(url.parts.host)),
  member("getPort", [name], "string", (url: UrlValue) => /:(\d+)$/.exec(url.parts.host)?.[1] ?? ""),
  member("getEscapedPath", [name], "string", (url: UrlValue) => escapedPath(url.parts.path)),
  member("getQuery", [name], "map<string, list<string>>", (url: UrlValue) => query(url.parts.query)),
];
