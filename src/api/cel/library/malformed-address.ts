/** Why a text is no IP address, in the words of Go's netip.ParseAddr. */
export function malformedAddress(text: string): string {
  const separator = /[.:%]/.exec(text)?.[0];
  const { message, at } = (separator === undefined ? undefined : reasons[separator]?.(text)) ?? {
    message: "unable to parse IP",
  };
  return `ParseAddr(${JSON.stringify(text)}): ${message}${at === undefined ? "" : ` (at ${JSON.stringify(at)})`}`;
}

interface Reason {
  readonly message: string;
  readonly at?: string;
}

const reasons: Readonly<Record<string, (text: string) => Reason | undefined>> = {
  ".": inDotted,
  ":": inGroups,
  "%": () => ({ message: "missing IPv6 address" }),
};

function inDotted(text: string): Reason | undefined {
  let value = "";
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const letter = text[index] as string;
    if (/[0-9]/.test(letter)) {
      if (value === "0") return { message: "IPv4 field has octet with leading zero" };
      value += letter;
      if (Number(value) > 255) return { message: "IPv4 field has value >255" };
    } else if (letter !== ".") {
      return { message: "unexpected character", at: text.slice(index) };
    } else {
      if (index === 0 || index === text.length - 1 || text[index - 1] === ".")
        return { message: "IPv4 field must have at least one digit", at: text.slice(index) };
      if (dots === 3) return { message: "IPv4 address too long" };
      dots++;
      value = "";
    }
  }
  return dots < 3 ? { message: "IPv4 address too short" } : undefined;
}

function inGroups(text: string): Reason | undefined {
  const zone = text.indexOf("%");
  if (zone >= 0 && zone === text.length - 1) return { message: "zone must be a non-empty string" };
  let rest = zone < 0 ? text : text.slice(0, zone);
  let bytes = 0;
  let hasEllipsis = rest.startsWith("::");
  if (hasEllipsis) rest = rest.slice(2);
  while (bytes < 16 && !(hasEllipsis && rest === "")) {
    const digits = /^[0-9a-fA-F]*/.exec(rest)![0];
    if (digits.length > 4) return { message: "each group must have 4 or less digits", at: rest };
    if (digits === "") return { message: "each colon-separated field must have at least one digit", at: rest };
    if (rest[digits.length] === ".") {
      if (!hasEllipsis && bytes !== 12)
        return { message: "embedded IPv4 address must replace the final 2 fields of the address", at: rest };
      if (bytes + 4 > 16)
        return { message: "too many hex fields to fit an embedded IPv4 at the end of the address", at: rest };
      const reason = inDotted(rest);
      if (reason !== undefined) return reason;
      rest = "";
      bytes += 4;
      break;
    }
    bytes += 2;
    rest = rest.slice(digits.length);
    if (rest === "") break;
    if (!rest.startsWith(":")) return { message: "unexpected character, want colon", at: rest };
    if (rest === ":") return { message: "colon must be followed by more characters", at: rest };
    rest = rest.slice(1);
    if (!rest.startsWith(":")) continue;
    if (hasEllipsis) return { message: "multiple :: in address", at: rest };
    hasEllipsis = true;
    rest = rest.slice(1);
  }
  if (rest !== "") return { message: "trailing garbage after address", at: rest };
  if (bytes < 16) return hasEllipsis ? undefined : { message: "address string too short" };
  return hasEllipsis ? { message: "the :: must expand to at least one field of zeros" } : undefined;
}
