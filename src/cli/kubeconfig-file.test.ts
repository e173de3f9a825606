import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { refuseForeignKubeconfig } from "./kubeconfig-file.ts";

let file = "";
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), "wherry-kubeconfig-")), "config");
});
afterEach(() => rmSync(join(file, ".."), { recursive: true, force: true }));

const ours = "clusters:\n  - name: wherry\n    cluster:\n      server: https://127.0.0.1:6443\n";
// As kubectl writes it back: keys in order, lists not indented.
const rewritten = "clusters:\n- cluster:\n    server: https://127.0.0.1:6443\n  name: wherry\n";
const other = "clusters:\n- cluster:\n    server: https://10.0.0.1\n  name: production\n";

test("no file, an empty one, and our own may be written over", () => {
  refuseForeignKubeconfig(file);
  for (const text of ["", "\n", ours, rewritten]) {
    writeFileSync(file, text);
    refuseForeignKubeconfig(file);
  }
});

test("a file with access to other clusters may not", () => {
  for (const text of [other, ours + other, "hello"]) {
    writeFileSync(file, text);
    assert.throws(
      () => refuseForeignKubeconfig(file),
      /not this cluster's kubeconfig: nothing was written\. Name another/,
    );
  }
});

test("a directory may not", () => {
  assert.throws(() => refuseForeignKubeconfig(join(file, "..")), /cannot write a kubeconfig to .*Name another file/);
});
