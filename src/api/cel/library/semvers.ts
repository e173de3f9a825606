import { failure } from "../evaluate/failure.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";
import { compareSemver, normalizeSemver, parseSemver, SemverValue, semverTypeName } from "./semver-value.ts";

const name = semverTypeName;

function parse(text: string, normalize: boolean): SemverValue | string {
  const normal = normalize ? normalizeSemver(text) : text;
  return typeof normal === "string" ? parseSemver(normal) : normal.error;
}

function semver(text: string, normalize = false): SemverValue {
  const version = parse(text, normalize);
  if (typeof version === "string") throw failure(version);
  return version;
}

const isSemver = (text: string, normalize = false) => parse(text, normalize) instanceof SemverValue;

export const semvers: readonly Overload[] = [
  global("semver", ["string"], name, semver),
  global("semver", ["string", "bool"], name, semver),
  global("isSemver", ["string"], "bool", isSemver),
  global("isSemver", ["string", "bool"], "bool", isSemver),
  member("isGreaterThan", [name, name], "bool", (a: SemverValue, b: SemverValue) => compareSemver(a, b) > 0),
  member("isLessThan", [name, name], "bool", (a: SemverValue, b: SemverValue) => compareSemver(a, b) < 0),
  member("compareTo", [name, name], "int", (a: SemverValue, b: SemverValue) => BigInt(compareSemver(a, b))),
  ...["major", "minor", "patch"].map((part, index) =>
    member(part, [name], "int", (version: SemverValue) => version.numbers[index] as bigint),
  ),
];
