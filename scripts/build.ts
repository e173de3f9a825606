import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { build, type Plugin } from "esbuild";
import { takeBuiltins } from "./builtin-imports.ts";
import { generatedNotice } from "./notice.ts";

/**
 * Builds dist/: the program as one JavaScript file with lazy chunks, the threads' own entries, and the generated schema.
 * `npm pack` then makes an installable package of it, which needs no other package.
 */
const OUT = "dist";
/** CommonJS dependencies call require for Node's own modules, and for some that they can do without: those must not be found. */
const REQUIRE = `const require = (name) => {
  const module = process.getBuiltinModule(name);
  if (module === undefined) throw Object.assign(new Error("no module " + name), { code: "MODULE_NOT_FOUND" });
  return module;
};`;

/** node:sqlite and its like have no name without the prefix. */
const isBuiltin = (path: string): boolean => path.startsWith("node:") || builtinModules.includes(path);

/** Takes Node's own modules by getBuiltinModule: in our own files where they are imported, elsewhere as a module of the bundle. */
const builtins: Plugin = {
  name: "builtins",
  setup({ onResolve, onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
      contents: takeBuiltins(await readFile(path, "utf8")),
      loader: "ts",
    }));
    onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, kind }) =>
      kind === "import-statement" && isBuiltin(path) ? { path, namespace: "builtin", sideEffects: false } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * A lazily imported CommonJS package has its names, as it has them in Node. esbuild gives such a chunk the default export
 * alone; so the chunk is made of a module that exports each name.
 */
const lazyPackages: Plugin = {
  name: "lazy packages",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[@a-z]/ }, ({ path, kind, resolveDir }) =>
      kind === "dynamic-import" && !isBuiltin(path)
        ? { path, namespace: "lazy-package", pluginData: { resolveDir } }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: "lazy-package" }, async ({ path, pluginData }) => {
      const names = Object.keys((await import(path)) as object).filter((name) => /^[\w$]+$/.test(name));
      const { resolveDir } = pluginData as { resolveDir: string };
      return { contents: `export { ${names.join(", ")} } from ${JSON.stringify(path)};`, resolveDir };
    });
  },
};

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const { metafile } = await build({
  entryPoints: {
    wherry: "src/main.ts",
    "store-worker": "src/store/embedded/worker.ts",
    "simulated-nodes": "src/program/simulated/main.ts",
    "yaml-worker": "src/apiserver/handlers/yaml-worker.ts",
  },
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  // Names stay: stack traces are read, and giving them back by keepNames costs a call a function at start.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  banner: { js: REQUIRE },
  chunkNames: "[name]-[hash]",
  logLevel: "warning",
  plugins: [builtins, lazyPackages],
  metafile: true,
});
for (const file of ["schema.json", "descriptions.json"]) await copyFile(`src/api/generated/${file}`, `${OUT}/${file}`);
await writeFile(`${OUT}/NOTICE`, await generatedNotice(Object.keys(metafile.inputs)));
await chmod(`${OUT}/wherry.js`, 0o755);
