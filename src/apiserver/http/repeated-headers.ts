import type { IncomingHttpHeaders } from "node:http";

/** Headers that say who somebody is or wants to be. A comma in them is part of a name. */
const REPEATED = /^(?:impersonate-|x-remote-)/;

/** By the first letter: most headers begin with another one. */
function mayBeRepeated(name: string): boolean {
  const letter = name.charCodeAt(0) | 0x20;
  return letter === 0x69 || letter === 0x78;
}

/**
 * The headers with those that name users and groups as lists, one value a line: Node joins repeated headers with a comma,
 * after which nobody can tell two groups from one with a comma in its name.
 */
export function separated(headers: IncomingHttpHeaders, raw: readonly string[]): IncomingHttpHeaders {
  let copy: IncomingHttpHeaders | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (!mayBeRepeated(raw[index]!)) continue;
    const name = raw[index]!.toLowerCase();
    if (!REPEATED.test(name)) continue;
    if (copy === undefined) {
      copy = Object.fromEntries(Object.entries(headers).filter(([key]) => !REPEATED.test(key)));
    }
    copy[name] = [...((copy[name] as string[] | undefined) ?? []), raw[index + 1]!];
  }
  return copy ?? headers;
}
