import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { generatedNotice } from "./notice.ts";

/**
 * Builds dist/: the program as one JavaScript file with lazy chunks, the store's writer thread, and the generated schema.
 * `npm pack` then makes an installable package of it.
 */
const OUT = "dist";
/** CommonJS dependencies call require for Node's own modules. */
const REQUIRE = 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);';

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
await build({
  entryPoints: { wherry: "src/main.ts", "store-worker": "src/store/embedded/worker.ts" },
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  keepNames: true,
  legalComments: "none",
  banner: { js: REQUIRE },
  chunkNames: "[name]-[hash]",
  logLevel: "warning",
});
for (const file of ["schema.json", "descriptions.json"]) await copyFile(`src/api/generated/${file}`, `${OUT}/${file}`);
await writeFile(`${OUT}/NOTICE`, await generatedNotice());
await chmod(`${OUT}/wherry.js`, 0o755);
