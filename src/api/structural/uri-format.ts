/** A URI as Go's url.ParseRequestURI takes it: absolute, or a path from the root. */
export function isRequestUri(text: string): boolean {
  if (text === "" || hasControlCharacter(text)) return false;
  if (text === "*") return true;
  const scheme = schemeOf(text);
  if (scheme === undefined) return false;
  const afterScheme = scheme === "" ? text : text.slice(scheme.length + 1);
  const question = afterScheme.indexOf("?");
  const rest = question < 0 ? afterScheme : afterScheme.slice(0, question);
  if (!rest.startsWith("/")) return scheme !== "";
  if (scheme === "" || !rest.startsWith("//")) return hasValidEscapes(rest);
  const authority = /^[^/]*/.exec(rest.slice(2))![0];
  return isAuthority(authority) && hasValidEscapes(rest.slice(2 + authority.length));
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** Empty when there is none, undefined when it is malformed. */
function schemeOf(text: string): string | undefined {
  if (text.startsWith(":")) return undefined;
  return /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1] ?? "";
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) return false;
  if (at >= 0 && !hasValidEscapes(authority.slice(0, at))) return false;
  const host = authority.slice(at + 1);
  if (!host.startsWith("[")) return isPort(/:[^:]*$/.exec(host)?.[0] ?? "") && isHostText(host);
  const close = host.lastIndexOf("]");
  return close > 0 && isPort(host.slice(close + 1)) && isHostText(host.slice(1, close));
}

const isPort = (text: string): boolean => text === "" || /^:\d*$/.test(text);

/** Go lets most characters stand in a host. */
const isHostText = (text: string): boolean => !/[ #\\^`{|}]/.test(text) && hasValidEscapes(text);

const hasValidEscapes = (text: string): boolean => !/%(?![0-9a-fA-F]{2})/.test(text);
