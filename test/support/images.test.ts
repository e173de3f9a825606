import assert from "node:assert/strict";
import { test } from "node:test";
import { startRegistry } from "./registry.ts";
import { withoutContainers } from "./requirements.ts";

test("a registry on loopback serves the test images", { skip: withoutContainers() }, async () => {
  const registry = await startRegistry();
  try {
    const catalog = (await (await fetch(`http://${registry.host}/v2/_catalog`)).json()) as unknown;
    assert.deepEqual(catalog, { repositories: ["busybox", "tools", "web"] });
    const tags = (await (await fetch(`http://${registry.host}/v2/web/tags/list`)).json()) as { tags: string[] };
    assert.deepEqual(tags.tags.sort(), ["1", "2"]);
    const manifest = await fetch(`http://${registry.host}/v2/web/manifests/2`, {
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    });
    assert.equal(manifest.status, 200);
  } finally {
    await registry.stop();
  }
  await assert.rejects(fetch(`http://${registry.host}/v2/`));
});
