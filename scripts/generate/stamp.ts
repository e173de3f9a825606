import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "./paths.ts";

/** What was generated last, and from what. */
export interface Stamp {
  readonly inputs: string;
  readonly files: readonly string[];
}

/** Hash over everything that the output depends on: the generator's own sources and the input packages' versions. */
export function hashInputs(): string {
  const hash = createHash("sha256").update(process.version.split(".")[0]!);
  const sources = readdirSync(paths.generator, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  for (const name of sources.sort()) hash.update(name).update(readFileSync(join(paths.generator, name)));
  for (const input of [paths.clientNode, paths.kubernetesModels, paths.kubectlLayer]) {
    hash.update(readFileSync(join(input, "package.json")));
  }
  return hash.digest("hex");
}
