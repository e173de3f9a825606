import { OpaqueValue } from "../evaluate/values.ts";

export const semverTypeName = "kubernetes.Semver";

/** A version by semver.org 2.0. Build metadata takes no part in its order. */
export class SemverValue extends OpaqueValue {
  override readonly typeName = semverTypeName;
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];
  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof SemverValue && compareSemver(this, other) === 0;
  }
}

export function compareSemver(a: SemverValue, b: SemverValue): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] as bigint;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  for (const [index, part] of a.prerelease.entries()) {
    const other = b.prerelease[index];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  return a.prerelease.length < b.prerelease.length ? -1 : 0;
}

function comparePart(a: string, b: string): number {
  const isNumber = (part: string) => /^\d+$/.test(part);
  if (isNumber(a) && isNumber(b)) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The version, or why it is none, in the words of upstream's library. */
export function parseSemver(text: string): SemverValue | string {
  if (text === "") return "Version string empty";
  const parts = splitAt(text, ".", 3);
  if (parts.length !== 3) return "No Major.Minor.Patch elements found";
  const [major, minor, tail] = parts as [string, string, string];
  const match = /^([^-+]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(tail);
  if (match === null) return `Invalid character(s) found in patch number ${JSON.stringify(tail)}`;
  const numbers: bigint[] = [];
  for (const [name, digits] of [
    ["major", major],
    ["minor", minor],
    ["patch", match[1] ?? ""],
  ] as const) {
    if (!/^\d+$/.test(digits)) return `Invalid character(s) found in ${name} number ${JSON.stringify(digits)}`;
    if (digits.length > 1 && digits.startsWith("0"))
      return `${name === "patch" ? "Patch" : name === "minor" ? "Minor" : "Major"} number must not contain leading zeroes ${JSON.stringify(digits)}`;
    numbers.push(BigInt(digits));
  }
  const prerelease = match[2]?.split(".") ?? [];
  const wrong = prerelease.find((part) => !/^[0-9A-Za-z-]+$/.test(part));
  if (wrong !== undefined)
    return wrong === "" ? "Prerelease is empty" : `Invalid character(s) found in prerelease ${JSON.stringify(wrong)}`;
  const zero = prerelease.find((part) => /^0\d+$/.test(part));
  if (zero !== undefined) return `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(zero)}`;
  const build = match[3]?.split(".").find((part) => !/^[0-9A-Za-z-]+$/.test(part));
  if (build !== undefined)
    return build === ""
      ? "Build meta data is empty"
      : `Invalid character(s) found in build meta data ${JSON.stringify(build)}`;
  return new SemverValue(numbers as [bigint, bigint, bigint], prerelease);
}

/** Takes a leading `v` away and leading zeros, and fills up what is missing. */
export function normalizeSemver(text: string): string | { readonly error: string } {
  const parts = splitAt(text.replace(/^v/, ""), ".", 3).map((part) => {
    if (part.length <= 1) return part;
    const trimmed = part.replace(/^0+/, "");
    return /^[0-9]/.test(trimmed) ? trimmed : `0${trimmed}`;
  });
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? ""))
    return { error: "short version cannot contain PreRelease/Build meta data" };
  while (parts.length < 3) parts.push("0");
  return parts.join(".");
}

function splitAt(text: string, separator: string, most: number): string[] {
  const parts = text.split(separator);
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}
