import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import { type ProviderConfiguration, parseEncryptionConfiguration } from "./configuration.ts";
import { createEncryption } from "./encryption.ts";
import { buildProviders } from "./providers.ts";
import { resourceKeys } from "./resource-keys.ts";
import { validateEncryptionConfiguration } from "./validate-configuration.ts";

const key = (name: string, bytes = 32): { name: string; secret: string } => ({
  name,
  secret: Buffer.alloc(bytes, name).toString("base64"),
});
const head = { apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration" };
const gcm: ProviderConfiguration = { aesgcm: { keys: [key("key1")] } };
const using = {
  random: seededRandom(1),
  startKms: () => Promise.reject(new Error("there is no key service here")),
};

describe("a configuration file", () => {
  test("is YAML or JSON", async () => {
    const yaml = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc: {keys: [{name: key1, secret: ${key("key1").secret}}]}
  - identity: {}
`;
    const parsed = await parseEncryptionConfiguration(yaml);
    assert.deepEqual(validateEncryptionConfiguration(parsed), []);
    assert.deepEqual(await parseEncryptionConfiguration(JSON.stringify(parsed)), parsed);
  });

  for (const [text, wrong] of [
    ["", /empty/],
    ["{}", /must be an EncryptionConfiguration/],
    ["[]", /must be an EncryptionConfiguration/],
    ["apiVersion: v1\nkind: Secret\n", /must be an EncryptionConfiguration/],
    ["{ broken", /JSON/],
  ] as const) {
    test(`${JSON.stringify(text)} is refused`, async () => {
      await assert.rejects(parseEncryptionConfiguration(text), wrong);
    });
  }
});

describe("what is wrong with a configuration", () => {
  const cases: [string, string[], ProviderConfiguration[], RegExp[]][] = [
    ["nothing", ["secrets"], [gcm, { identity: {} }], []],
    ["no resource", [], [gcm], [/resources\[0\]\.resources: Required/]],
    ["no provider", ["secrets"], [], [/providers: Required/]],
    ["two in one", ["secrets"], [{ ...gcm, identity: {} }], [/more than one provider/]],
    ["none in one", ["secrets"], [{}], [/does not contain any of the expected/]],
    [
      "a short key",
      ["secrets"],
      [{ aesgcm: { keys: [key("k", 12)] } }],
      [/REDACTED.*got 12, expected one of \[16 24 32\]/],
    ],
    ["a short box key", ["secrets"], [{ secretbox: { keys: [key("k", 16)] } }], [/got 16, expected one of \[32\]/]],
    ["no base64", ["secrets"], [{ aesgcm: { keys: [{ name: "k", secret: "hunter2!" }] } }], [/REDACTED.*base64/]],
    ["no name", ["secrets"], [{ aesgcm: { keys: [{ ...key("k"), name: "" }] } }], [/name: Required/]],
    ["a star", ["*"], [gcm], [/use '\*\.'/]],
    ["capitals", ["Secrets"], [gcm], [/capital letters/]],
    ["events.k8s.io", ["events.events.k8s.io"], [gcm], [/Use 'events' instead/]],
    ["across groups", ["deployments.*"], [gcm], [/across groups/]],
    ["twice", ["secrets", "secrets"], [gcm], [/multiple times/]],
    ["overlap", ["secrets", "*."], [gcm], [/overlapping/]],
    ["everything and one", ["*.*", "pods"], [gcm], [/overlapping/]],
    ["kms over tcp", ["secrets"], [{ kms: { apiVersion: "v2", name: "k", endpoint: "tcp://a:1" } }], [/only unix/]],
    [
      "kms cache",
      ["secrets"],
      [{ kms: { apiVersion: "v2", name: "k", endpoint: "unix:///a", cachesize: 1 } }],
      [/cachesize/],
    ],
    [
      "kms timeout",
      ["secrets"],
      [{ kms: { apiVersion: "v2", name: "k", endpoint: "unix:///a", timeout: "-1s" } }],
      [/positive/],
    ],
    [
      "kms name",
      ["secrets"],
      [{ kms: { apiVersion: "v2", name: "a:b", endpoint: "unix:///a" } }],
      [/must not contain ':'/],
    ],
  ];
  for (const [name, resources, providers, wanted] of cases) {
    test(name, () => {
      const found = validateEncryptionConfiguration({ ...head, resources: [{ resources, providers }] });
      const texts = found.map(({ field, message }) => `${field}: ${message}`);
      assert.equal(texts.length, wanted.length, texts.join("\n"));
      for (const [index, pattern] of wanted.entries()) assert.match(texts[index]!, pattern);
      assert.equal(
        texts.some((text) => text.includes("hunter2")),
        false,
        "a key is never repeated",
      );
    });
  }
});

describe("which rule holds for an object", () => {
  const keys = resourceKeys([
    { group: "", resource: "secrets" },
    { group: "", resource: "services" },
    { group: "apps", resource: "deployments" },
  ]);
  const rules: [string, string[]][] = [
    ["secrets", ["secrets"]],
    ["core", ["*."]],
    ["apps", ["*.apps"]],
    ["all", ["*.*"]],
  ];
  const cases = [
    ["/registry/secrets/default/a", "secrets"],
    ["/registry/services/specs/default/a", "core"],
    ["/registry/deployments/default/a", "apps"],
    ["/registry/example.com/widgets/default/a", "all"],
    ["/registry/example.com/widgets/a", "all"],
  ] as const;
  for (const [storageKey, rule] of cases) {
    test(`${storageKey}: ${rule}`, async () => {
      const resources = rules.map(([name, resources]) => ({
        resources,
        providers: [{ aesgcm: { keys: [key(name)] } }],
      }));
      const { transformers } = await buildProviders({ ...head, resources }, using);
      const encryption = createEncryption(keys, transformers);
      const stored = encryption.encrypt(Buffer.from("{}"), storageKey).toString("latin1");
      assert.equal(stored.startsWith(`k8s:enc:aesgcm:v1:${rule}:`), true, stored);
    });
  }

  test("a rule that an earlier one hides is refused", async () => {
    const resources = [
      { resources: ["*.apps"], providers: [gcm] },
      { resources: ["deployments.apps"], providers: [gcm] },
    ];
    await assert.rejects(buildProviders({ ...head, resources }, using), /"deployments.apps" is masked by earlier rule/);
  });
});
