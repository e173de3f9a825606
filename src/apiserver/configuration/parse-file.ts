import { errorMessage } from "../../base/assert.ts";
import { type Shape, shapeErrors } from "./shape.ts";

/** A configuration file cannot be used. The message says which, and all that is wrong in it. */
export class ConfigurationFileError extends Error {
  override name = "ConfigurationFileError";
}

/** What a file must be. */
export interface FileKind {
  /** How messages name the file: its flag. */
  readonly what: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly shape: Readonly<Record<string, Shape>>;
}

/** Reads YAML or JSON of apiserver.config.k8s.io, strictly: fields that nobody knows are errors. @throws ConfigurationFileError */
export async function parseConfiguration<T>(text: string, of: FileKind): Promise<T> {
  if (text.trim() === "") throw new ConfigurationFileError(`${of.what}: the file is empty`);
  const value = await parsed(text, of.what);
  if (value === undefined || value === null) throw new ConfigurationFileError(`${of.what}: the file is empty`);
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  const versions = of.versions.map((version) => `apiserver.config.k8s.io/${version}`);
  if (kind !== of.kind || typeof apiVersion !== "string" || !versions.includes(apiVersion)) {
    throw new ConfigurationFileError(
      `${of.what}: no kind ${JSON.stringify(kind ?? "")} is registered for version ${JSON.stringify(apiVersion ?? "")}: it must be ${of.kind} of ${versions.join(" or ")}`,
    );
  }
  const problems = shapeErrors(value, { apiVersion: "string", kind: "string", ...of.shape });
  if (problems.length > 0) {
    throw new ConfigurationFileError(`${of.what}: strict decoding error: ${problems.join(", ")}`);
  }
  return value as T;
}

async function parsed(text: string, what: string): Promise<unknown> {
  try {
    if (text.trimStart().startsWith("{")) return JSON.parse(text);
    const { load } = await import("js-yaml");
    return load(text);
  } catch (error) {
    throw new ConfigurationFileError(`${what}: the file cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}

/** Several wrong fields as upstream prints them together. */
export function fieldErrorText(errors: readonly { readonly field: string; readonly message: string }[]): string {
  const lines = errors.map(({ field, message }) => `${field}: ${message}`);
  return lines.length === 1 ? lines[0]! : `[${lines.join(", ")}]`;
}
