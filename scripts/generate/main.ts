import { existsSync } from "node:fs";
import { join } from "node:path";
import { unpackClients } from "../clients.ts";
import { addApplyRules } from "./apply.ts";
import { readModels } from "./client-node/models.ts";
import { readOperations } from "./client-node/operations.ts";
import { readParameterDescriptions } from "./client-node/parameters.ts";
import { addDefaults } from "./defaults.ts";
import { buildDefinitions } from "./definitions.ts";
import { emitColumnTexts } from "./emit/column-texts.ts";
import { emitResources } from "./emit/resources.ts";
import { buildSchema } from "./emit/schema.ts";
import { emitTypes } from "./emit/types.ts";
import { addEnums, collectDescriptions } from "./enrich.ts";
import { indexStructs } from "./go/structs.ts";
import { readKubernetesModels } from "./kubernetes-models.ts";
import { nameDefinitions } from "./naming.ts";
import { specialDescriptions } from "./overlay/special-descriptions.ts";
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
  const known = readKubernetesModels(paths.kubernetesModels);
  const { kubectl, helm } = unpackClients();
  const definitions = buildDefinitions({ models, names, structs: indexStructs([kubectl, helm]) });
  addEnums(definitions, known);
  addDefaults(definitions);
  addApplyRules(definitions);
  const descriptions = collectDescriptions(models, names, known);
  for (const [name, text] of Object.entries(specialDescriptions)) descriptions[name] = { "": text };
  descriptions.parameters = readParameterDescriptions(paths.clientNode);
  const resources = buildResources(operations, names);

  const files = emitTypes(definitions, descriptions);
  files.set("resources.ts", emitResources(resources));
  files.set("column-texts.ts", emitColumnTexts(descriptions));
  files.set("schema.json", JSON.stringify(buildSchema(definitions, resources)));
  files.set("descriptions.json", JSON.stringify(descriptions));
  writeFiles(paths.output, files, previous.files);
  const stamp: Stamp = { inputs, files: [...files.keys()] };
  writeFiles(paths.output, new Map([["stamp.json", JSON.stringify(stamp)]]), []);
  console.log(`generated ${definitions.size} types and ${resources.length} resources into src/api/generated`);
}
