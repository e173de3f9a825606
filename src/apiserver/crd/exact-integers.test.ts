import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { namespaces, resourceSlices } from "../../api/generated/resources.ts";
import { decodeObject } from "../../api/protobuf/decode.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw } from "../testing/raw-door.ts";
import { cronTabs, definitionOf, establish, versionOf } from "./testing/definitions.ts";

let server: MemoryServer;
beforeEach(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
afterEach(() => server.close());

const collection = "/apis/stable.example.com/v1/namespaces/default/crontabs";
const LARGEST = "9223372036854775807";
const ODD = "-9007199254740993";

async function establishAny(): Promise<void> {
  const schema = {
    type: "object",
    properties: {
      spec: {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        properties: {
          count: { type: "integer", format: "int64", minimum: -(2 ** 53) - 2 },
          least: { type: "integer", default: 1 },
          set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "integer" } },
        },
        "x-kubernetes-validations": [
          { rule: "!has(self.count) || self.count != 9223372036854775806", message: "not that one" },
        ],
      },
    },
  };
  const version = { ...versionOf("v1", { storage: true }), schema: { openAPIV3Schema: schema } };
  await establish(server, definitionOf({ versions: [version] } as never));
}

const object = (spec: string): string =>
  `{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"a"},"spec":${spec}}`;

async function ask(method: string, path: string, body?: string, contentType = "application/json") {
  const answer = await askRaw(server.server, `${collection}${path}`, {
    method,
    contentType,
    ...(body !== undefined && { body }),
  });
  assert.ok(answer.code < 300, answer.text);
  return answer.text;
}

test("integers of 64 bits come back as they were, whatever is done with their object", async () => {
  await establishAny();
  const has = (text: string): void => {
    assert.match(text, new RegExp(`"?count"?: ?${LARGEST}\\b`));
    assert.match(text, new RegExp(`${ODD}\\b`));
  };
  has(await ask("POST", "?dryRun=All", object(`{"count":${LARGEST},"set":[1,${ODD}]}`)));
  has(await ask("POST", "", object(`{"count":${LARGEST},"set":[1,${ODD}]}`)));
  for (const query of ["", "?pretty=true"]) {
    has(await ask("GET", `/a${query}`));
    has(await ask("GET", query));
  }
  for (const accept of ["application/yaml", "application/json;as=Table;v=v1;g=meta.k8s.io"]) {
    for (const path of ["", "/a"]) {
      has(
        (await askRaw(server.server, `${collection}${path}?includeObject=Object`, { accept })).text.replaceAll(
          "\n",
          "",
        ),
      );
    }
  }
  has(await ask("PATCH", "/a", '{"metadata":{"labels":{"x":"y"}}}', "application/merge-patch+json"));
  has(await ask("PATCH", "/a", '[{"op":"copy","from":"/spec","path":"/spec/more"}]', "application/json-patch+json"));
  has(await ask("PATCH", "/a", `[{"op":"test","path":"/spec/set/1","value":${ODD}}]`, "application/json-patch+json"));
  has(await ask("PATCH", "/a?fieldManager=m&force=true", object(`{"least":${ODD}}`), "application/apply-patch+yaml"));
  const yaml = "apiVersion: stable.example.com/v1\nkind: CronTab\nspec:\n";
  has(await ask("PATCH", "/a?fieldManager=n", `${yaml}  set: [${ODD}]\n`, "application/apply-patch+yaml"));
  assert.match(await ask("GET", "/a"), new RegExp(`"v:${ODD}":`));
  const version = JSON.parse(await ask("GET", "/a")).metadata.resourceVersion as string;
  has(
    await ask(
      "PUT",
      "/a",
      `${yaml}  count: ${LARGEST}\n  set: [${ODD}]\nmetadata: {name: a, resourceVersion: "${version}"}\n`,
      "application/yaml",
    ),
  );
  const listed = await server.client.list(cronTabs(), { namespace: "default" });
  assert.equal((listed.items[0] as { spec?: { count?: unknown } }).spec?.count, 2 ** 63);
});

test("what fits into no 64 bits is a float, as in Go", async () => {
  await establishAny();
  assert.match(await ask("POST", "", object('{"any":9223372036854775808}')), /"any":9223372036854776000\b/);
});

test("validation counts with the exact integer", async () => {
  await establishAny();
  const post = (spec: string) => askRaw(server.server, collection, { method: "POST", body: object(spec) });
  assert.match((await post('{"count":9223372036854775806}')).text, /not that one/);
  assert.match((await post(`{"set":[${ODD},${ODD}]}`)).text, new RegExp(`Duplicate value: ${ODD}`));
  assert.equal((await post(`{"set":[${ODD},-9007199254740992]}`)).code, 201);
});

test("built-in kinds refuse integers with which they could not count", async () => {
  const pods = "/api/v1/namespaces/default/pods";
  const body = `{"metadata":{"name":"p"},"spec":{"containers":[],"terminationGracePeriodSeconds":${LARGEST}}}`;
  const { code, json } = await askRaw(server.server, pods, { method: "POST", body });
  assert.equal(code, 400);
  assert.match(
    json().message,
    /number 9223372036854775807 into Go struct field PodSpec\.spec\.terminationGracePeriodSeconds of type int64/,
  );
});

test("attributes of devices are kept, in JSON and in protobuf", async () => {
  const slices = "/apis/resource.k8s.io/v1/resourceslices";
  const spec = `{"driver":"d.example.com","nodeName":"n","pool":{"name":"p","generation":1,"resourceSliceCount":1},"devices":[{"name":"a","attributes":{"serial":{"int":${ODD}}}}]}`;
  const made = await askRaw(server.server, slices, {
    method: "POST",
    body: `{"metadata":{"name":"s"},"spec":${spec}}`,
  });
  assert.equal(made.code, 201, made.text);
  assert.match(made.text, new RegExp(`"int":${ODD}\\b`));
  assert.match((await askRaw(server.server, `${slices}/s`)).text, new RegExp(`"int":${ODD}\\b`));
  const [slice] = (await server.client.list(resourceSlices, {})).items;
  assert.equal(slice?.metadata?.name, "s");
  const { chunks } = await rawBytes(`${slices}/s`);
  const decoded = decodeObject(chunks).object as unknown as {
    spec: { devices: { attributes: { serial: { int: bigint } } }[] };
  };
  assert.equal(decoded.spec.devices[0]?.attributes.serial.int, BigInt(ODD));
});

async function rawBytes(url: string): Promise<{ chunks: Buffer }> {
  const { bytes } = await askRaw(server.server, url, { accept: "application/vnd.kubernetes.protobuf" });
  return { chunks: bytes };
}
