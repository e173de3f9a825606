import { existsSync } from "node:fs";
import { join } from "node:path";
import { readModels } from "./client-node/models.ts";
import { readOperations } from "./client-node/operations.ts";
import { emitResources } from "./emit/resources.ts";
import { emitTypes } from "./emit/types.ts";
import { nameDefinitions } from "./naming.ts";
import { paths } from "./paths.ts";
import { buildResources } from "./resources.ts";
import { hashInputs, type Stamp } from "./stamp.ts";
import { read, writeFiles } from "./write.ts";

const stampPath = join(paths.output, "stamp.json");
const inputs = hashInputs();
const previous = JSON.parse(read(stampPath) ?? '{"inputs":"","files":[]}') as Stamp;
const complete = previous.files.every((name) => existsSync(join(paths.output, name)));
if (previous.inputs !== inputs || !complete || process.argv.includes("--force")) await generate();

async function generate(): Promise<void> {
  const models = await readModels(paths.clientNode);
  const operations = readOperations(paths.clientNode);
  const names = nameDefinitions(models, operations, paths.kubernetesModels);
  const resources = buildResources(operations, names);
  const files = emitTypes(models, names);
  files.set("resources.ts", emitResources(resources));
  const stamp: Stamp = { inputs, files: [...files.keys()] };
  writeFiles(paths.output, files, previous.files);
  writeFiles(paths.output, new Map([["stamp.json", JSON.stringify(stamp)]]), []);
  console.log(`generated ${models.length} types and ${resources.length} resources into src/api/generated`);
}
