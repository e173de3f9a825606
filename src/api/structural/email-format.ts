const ATOM_CHARACTERS = "A-Za-z0-9\\u0080-\\u{10ffff}!#$%&'*+/=?^_`{|}~-";
const ATOMS = new RegExp(`^[${ATOM_CHARACTERS}]+(\\.[${ATOM_CHARACTERS}]+)*$`, "u");
const QUOTED = /^"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"$/u;
const DOMAIN_LITERAL = /^\[[^\][\\\p{Cc}]*\]$/u;
/** One character at a time, so that no text takes long. */
const DISPLAY_NAME = new RegExp(`^(?:[. \\t${ATOM_CHARACTERS}]|"(?:[^"\\\\\\p{Cc}]|\\\\[^\\p{Cc}])*")*$`, "u");

/** One address as Go's mail.ParseAddress reads it: `a@b`, or a name and the address in angle brackets. */
export function isEmail(text: string): boolean {
  const trimmed = text.trim();
  if (!trimmed.endsWith(">")) return isAddress(trimmed);
  const open = trimmed.lastIndexOf("<");
  if (open < 0 || !isAddress(trimmed.slice(open + 1, -1))) return false;
  return isDisplayName(trimmed.slice(0, open));
}

function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at <= 0) return false;
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  return (ATOMS.test(local) || QUOTED.test(local)) && (ATOMS.test(domain) || DOMAIN_LITERAL.test(domain));
}

const isDisplayName = (text: string): boolean => DISPLAY_NAME.test(text);
