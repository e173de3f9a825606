import type { UserInfo } from "../authn/authenticator.ts";

/** What only a front proxy may say, and what only the front proxy itself acts on. */
const RESERVED = /^(?:x-remote-.*|impersonate-.*)$/;

/** The headers of a request without what its client must not claim, and with who it is (requestheader authentication). */
export function withIdentity(
  headers: Readonly<Record<string, string | string[]>>,
  user: UserInfo,
): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (!RESERVED.test(name.toLowerCase())) result[name] = value;
  result["x-remote-user"] = user.name;
  if (user.uid !== undefined && user.uid !== "") result["x-remote-uid"] = user.uid;
  if (user.groups.length > 0) result["x-remote-group"] = [...user.groups];
  for (const [key, values] of Object.entries(user.extra ?? {})) {
    result[`x-remote-extra-${escapedKey(key).toLowerCase()}`] = [...values];
  }
  return result;
}

/** What may not stand in the name of a header, as %XX. */
function escapedKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[A-Za-z0-9!#$&'*+\-.^_`|~]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}
