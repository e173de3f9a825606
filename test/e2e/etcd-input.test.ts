import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type Cluster, startCluster, wherry } from "../support/cluster.ts";
import { type EtcdCluster, startEtcd, withoutEtcd } from "../support/etcd.ts";
import { freePort } from "../support/free-port.ts";

/** Keys and objects that do not belong together: said before anything is changed, and nothing is left behind. */
suite("a data directory and an etcd of different clusters", { skip: withoutEtcd() }, () => {
  let etcd: EtcdCluster;
  let own: Cluster;
  let shared: Cluster;
  let root = "";
  const words = (prefix: string) => ["--etcd-servers", etcd.urls.join(","), "--etcd-prefix", prefix];

  before(async () => {
    root = mkdtempSync(join(tmpdir(), "wherry-etcd-input-"));
    etcd = await startEtcd();
    await etcd.healthy();
    own = await startCluster({ words: ["--no-node"] });
    await own.down();
    shared = await startCluster({ words: ["--no-node", "--cluster-domain", "corp.example", ...words("/first")] });
  });
  after(async () => {
    await shared?.remove();
    await own?.remove();
    await etcd?.stop();
    rmSync(root, { recursive: true });
  });

  const refused: [string, () => string[], RegExp][] = [
    ["without keys", () => [], /the etcd holds a cluster already, and its keys are not in .*--pki-dir/],
    [
      "with another cluster's",
      () => ["--pki-dir", join(own.dataDirectory, "pki")],
      /the cluster in etcd has another certificate authority than .*--pki-dir/,
    ],
    [
      "with other addresses",
      () => ["--pki-dir", join(shared.dataDirectory, "pki"), "--service-cluster-ip-range", "10.0.0.0/24"],
      /--service-cluster-ip-range is 10\.0\.0\.0\/24, but this cluster has 10\.96\.0\.0\/16 .*\(in etcd\)/,
    ],
    ["with a folder that has none", () => ["--pki-dir", root], /there is no .*ca\.crt/],
  ];
  for (const [what, more, message] of refused) {
    test(`a server ${what} is refused and leaves nothing`, async () => {
      const dataDirectory = join(root, "second");
      const port = String(await freePort());
      const result = await wherry("server", "--data-dir", dataDirectory, "--port", port, ...words("/first"), ...more());
      assert.notEqual(result.code, 0);
      assert.match(result.stderr.trimEnd().split("\n").at(-1)!, message);
      assert.equal(existsSync(dataDirectory), false);
    });
  }

  test("a server that brings the keys takes over what the first one has decided", async (context) => {
    const more = ["--no-node", ...words("/first"), "--pki-dir", join(shared.dataDirectory, "pki")];
    const second = await startCluster({ words: more });
    context.after(() => second.remove());
    const facts = ({ dataDirectory }: Cluster): string => readFileSync(join(dataDirectory, "cluster.json"), "utf8");
    assert.match(facts(second), /"clusterDomain": "corp\.example"/);
    assert.equal(facts(second), facts(shared));
    const keys = await second.kubectl.ok("get", "--raw", "/.well-known/openid-configuration");
    assert.match(keys, /"issuer":"https:\/\/kubernetes\.default\.svc\.corp\.example"/);
  });

  test("an empty etcd for a cluster that kept its objects in the data directory: they are said to be left out", async () => {
    await own.up(...words("/other"));
    assert.match(own.said(), /etcd has no objects below \/other, while .*store holds those of a cluster/);
    assert.match(own.said(), /wherry store import cluster\.db .*--etcd-servers http:.*--etcd-prefix \/other/);
    await own.down();
    await own.up(...words("/other"));
    assert.doesNotMatch(own.said(), /left out|no objects/);
  });
});
