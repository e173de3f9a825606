import assert from "node:assert/strict";
import { test } from "node:test";
import { takeBuiltins } from "./builtin-imports.ts";

const CASES: readonly [string, string][] = [
  [
    `import { join, sep as slash } from "node:path";`,
    `const { join, sep: slash } = process.getBuiltinModule("node:path");`,
  ],
  [
    `import {\n  type Server,\n  connect,\n} from "node:net";`,
    `const { connect } = process.getBuiltinModule("node:net");`,
  ],
  [`import { type Server } from "node:net";`, ""],
  [`import http2 from "node:http2";`, `const http2 = process.getBuiltinModule("node:http2");`],
  [`import * as path from "node:path";`, `const path = process.getBuiltinModule("node:path");`],
  [`import type { Server } from "node:net";`, `import type { Server } from "node:net";`],
  [`import { x } from "./x.ts";`, `import { x } from "./x.ts";`],
  [`import { parse } from "yaml";`, `import { parse } from "yaml";`],
];

test("imports of Node's own modules are taken without ES modules around them", () => {
  for (const [source, expected] of CASES) assert.equal(takeBuiltins(source), expected);
  const two = `import { a } from "./a.ts";\nimport { join } from "node:path";\nimport { sep } from "node:path";`;
  assert.match(takeBuiltins(two), /^import .*\nconst \{ join \}.*\nconst \{ sep \}.*$/);
});

test("an import that cannot be taken stops the build", () => {
  assert.throws(() => takeBuiltins(`import path, { join } from "node:path";`), /two imports/);
});
