import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { askRaw, type RawRequest } from "../testing/raw-door.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const REVISIONS = "/apis/apps/v1/namespaces/default/controllerrevisions";
const REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
const YAML = "application/yaml";
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const APPLY = "application/apply-patch+yaml";

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const post = (body: string | Buffer, contentType?: string): RawRequest => ({
  method: "POST",
  body,
  ...(contentType !== undefined && { contentType }),
});
const patch = (contentType: string, body: string): RawRequest => ({ method: "PATCH", contentType, body });
const remove = (body = ""): RawRequest => ({ method: "DELETE", body });
const bomb = `${"abcdefgh"
  .split("")
  .map((name, index, all) => `${name}: &${name} [${Array(9).fill(index === 0 ? "x" : `*${all[index - 1]}`)}]\n`)
  .join("")}metadata: {name: bomb}\n`;

suite("bad input", () => {
  let memory: MemoryServer;
  before(async () => {
    memory = await startMemoryServer();
    const made = await askRaw(memory.server, MAPS, post('{"metadata":{"name":"kept"},"data":{"a":"b"}}'));
    assert.equal(made.code, 201);
  });
  after(() => memory.close());

  const refused: readonly [string, string, RawRequest, number, RegExp][] = [
    [
      "YAML that is said to be JSON",
      MAPS,
      post("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "application/json"),
      400,
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: .* \(61706956657273696f6e3a2076310a6b696e643a20436f6e6669674d6170 \.\.\.\)$/s,
    ],
    [
      "JSON that is cut short",
      REVIEWS,
      post('{"kind":"SubjectAccessReview"'),
      400,
      /^the object provided is unrecognized \(must be of type SubjectAccessReview\): .* \(\{"kind":"SubjectAccessReview"\)$/s,
    ],
    ["no body", MAPS, post(""), 400, /^the object provided is unrecognized .* \(<empty>\)$/],
    ["JSON that nests deep", MAPS, post(nested(10_000)), 400, /json parse error: exceeded max depth/],
    ["a million lists", MAPS, post("[".repeat(1_000_000)), 400, /exceeded max depth/],
    ["YAML that nests deep", MAPS, post("{a: ".repeat(10_000), YAML), 400, /nesting exceeded maxDepth/],
    ["a review that nests deep", REVIEWS, post(`{"spec":{"extra":${nested(20_000)}}}`), 400, /exceeded max depth/],
    ["aliases of aliases", MAPS, post(bomb, YAML), 400, /yaml: document contains excessive aliasing/],
    ["an anchor within itself", MAPS, post("&a {metadata: {name: x}, data: *a}\n", YAML), 400, /contains itself/],
    ["YAML that is no UTF-8", MAPS, post(Buffer.from("a: \xff\n", "latin1"), YAML), 400, /not valid UTF-8/],
    ["JSON that is no UTF-8", MAPS, post(Buffer.from('{"a":"\xff"}', "latin1")), 400, /not valid UTF-8/],
    ["a number beyond float64", REVISIONS, post('{"data":{"a":1e400}}'), 400, /cannot unmarshal number 1e400/],
    ["infinity in YAML", REVISIONS, post("data: {a: .inf}\n", YAML), 400, /JSON has no number Infinity/],
    [
      "an apiVersion that is a number",
      MAPS,
      post('{"apiVersion":5}'),
      400,
      /cannot unmarshal number .*\.apiVersion of type string/,
    ],
    [
      "a patch that doubles the object again and again",
      `${MAPS}/kept`,
      patch(JSON_PATCH, copies(40)),
      413,
      /accumulated size increase of copy is \d+, exceeding the limit 3145728/,
    ],
    [
      "a patch that reads what every object inherits",
      `${MAPS}/kept`,
      patch(JSON_PATCH, '[{"op":"move","from":"/data/toString","path":"/data/b"}]'),
      422,
      /missing value/,
    ],
    [
      "a patch into a prototype",
      `${MAPS}/kept`,
      patch(JSON_PATCH, '[{"op":"add","path":"/__proto__/x","value":1}]'),
      422,
      /does not apply/,
    ],
    [
      "an applied configuration without a kind",
      `${MAPS}/kept?fieldManager=a`,
      patch(APPLY, '{"apiVersion":{}}'),
      400,
      /cannot unmarshal object/,
    ],
    [
      "applied metadata that is text",
      `${MAPS}/kept?fieldManager=a`,
      patch(APPLY, '{"apiVersion":"v1","kind":"ConfigMap","metadata":"x"}'),
      400,
      /metadata is not an object/,
    ],
    [
      "apply without a manager",
      `${MAPS}/kept`,
      patch(APPLY, '{"apiVersion":"v1","kind":"ConfigMap"}'),
      422,
      /PatchOptions\.meta\.k8s\.io "" is invalid: fieldManager: Required value: is required for apply patch/,
    ],
    [
      "force without apply",
      `${MAPS}/kept?force=true`,
      patch(MERGE_PATCH, "{}"),
      422,
      /force: Forbidden: may not be specified for non-apply patch/,
    ],
    [
      "a dry run of some",
      `${MAPS}?dryRun=Some`,
      post("{}"),
      422,
      /CreateOptions\.meta\.k8s\.io "" is invalid: dryRun: Unsupported value/,
    ],
    [
      "an unknown field validation",
      `${MAPS}?fieldValidation=Lax`,
      post("{}"),
      422,
      /fieldValidation: Unsupported value: "Lax": supported values: "", "Ignore", "Strict", "Warn"/,
    ],
    [
      "a manager that is too long",
      `${MAPS}?fieldManager=${"x".repeat(129)}`,
      post("{}"),
      422,
      /fieldManager: Too long: may not be more than 128 bytes/,
    ],
    [
      "delete options that are none",
      `${MAPS}/kept`,
      remove('{"kind":"Pod"}'),
      400,
      /cannot be converted to DeleteOptions/,
    ],
    ["a list of delete options", `${MAPS}/kept`, remove("[1]"), 400, /cannot be converted to DeleteOptions/],
    [
      "a dry run that is a number",
      `${MAPS}/kept`,
      remove('{"dryRun":5}'),
      400,
      /DeleteOptions\.dryRun of type \[\]string/,
    ],
    [
      "an unknown propagation policy",
      `${MAPS}/kept`,
      remove('{"propagationPolicy":"x"}'),
      422,
      /supported values: "Foreground", "Background", "Orphan", "nil"/,
    ],
    [
      "a precondition that does not hold",
      `${MAPS}/kept`,
      remove('{"preconditions":{"uid":"x"}}'),
      409,
      /the UID in the precondition \(x\) does not match/,
    ],
    [
      "a grace period that is none",
      `${MAPS}/kept?gracePeriodSeconds=soon`,
      remove(),
      400,
      /^strconv.ParseInt: parsing "soon": /,
    ],
    [
      "a review of a number",
      REVIEWS,
      post('{"spec":{"user":5}}'),
      400,
      /SubjectAccessReviewSpec\.spec\.user of type string/,
    ],
    ["a review of nothing", REVIEWS, post('{"spec":null}'), 422, /spec\.user/],
    [
      "an object above the limit",
      REVISIONS,
      post(`{"metadata":{"name":"big"},"revision":1,"data":{"a":"${"x".repeat(1_600_000)}"}}`),
      413,
      /request is too large/,
    ],
    ["CBOR", MAPS, post("x", "application/cbor"), 415, /accepted media types include/],
    ["an answer in CBOR", MAPS, { accept: "application/cbor" }, 406, /only the following media types are accepted/],
    ["an answer in the form of a constructor", MAPS, { accept: "constructor" }, 406, /only the following media types/],
    ["a revision that is none", `${MAPS}/kept?resourceVersion=x`, {}, 400, /resourceVersion: Invalid value/],
    [
      "a match without a revision",
      `${MAPS}?resourceVersionMatch=Exact`,
      {},
      422,
      /ListOptions\.meta\.k8s\.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided/,
    ],
    ["initial events of a list", `${MAPS}?sendInitialEvents=true`, {}, 422, /sendInitialEvents is forbidden for list/],
    [
      "initial events without a match",
      `${MAPS}?watch=1&sendInitialEvents=true`,
      {},
      422,
      /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
    ],
    [
      "a watch with an exact match",
      `${MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact`,
      {},
      422,
      /Unsupported value: "Exact": supported values: "NotOlderThan"/,
    ],
    [
      "a revision with a token",
      `${MAPS}?continue=${token(1)}&resourceVersion=1`,
      {},
      400,
      /specifying resource version is not allowed when using continue/,
    ],
    ["a token of the future", `${MAPS}?continue=${token(2 ** 40)}`, {}, 400, /continue key is not valid/],
    ["a token of no time", `${MAPS}?continue=${token(0)}`, {}, 400, /continue key is not valid/],
  ];
  const scheme = 'in scheme "pkg/api/legacyscheme/scheme.go:30"';
  const kinds: readonly [string, object, string][] = [
    [
      MAPS,
      { kind: "Pod" },
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ],
    [
      REVISIONS,
      { kind: "Pod" },
      `Pod in version "v1" cannot be handled as a ControllerRevision: no kind "Pod" is registered for version "apps/v1" ${scheme}`,
    ],
    [
      MAPS,
      { apiVersion: "apps/v1" },
      `ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v1" ${scheme}`,
    ],
    [
      REVISIONS,
      { apiVersion: "apps/v1beta1", kind: "ControllerRevision" },
      "the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)",
    ],
    [
      "/api/v1/namespaces/default/events",
      { apiVersion: "events.k8s.io/v1", kind: "Event" },
      "the API version in the data (events.k8s.io/v1) does not match the expected API version (v1)",
    ],
    [
      REVIEWS,
      { apiVersion: "batch/v1", kind: "Job" },
      'Job in version "v1" cannot be handled as a SubjectAccessReview: converting (v1.Job) to (authorization.SubjectAccessReview): unknown conversion',
    ],
    [
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
      { apiVersion: "v1", kind: "Pod" },
      `Pod in version "v1" cannot be handled as a CustomResourceDefinition: no kind "Pod" is registered for version "v1" ${scheme}`,
    ],
  ];
  for (const [url, object, message] of kinds) {
    test(`${JSON.stringify(object)} is refused at ${url}`, async () => {
      for (const type of ["application/json", YAML]) {
        const answer = await askRaw(memory.server, url, post(JSON.stringify(object), type));
        assert.equal(answer.code, 400);
        assert.equal(answer.json().message, message);
      }
    });
  }

  test("a message need not say which kind it is, and is refused for another in the same words", async () => {
    const message = (apiVersion: string, kind: string) => {
      const field = (tag: number, bytes: Buffer) => Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
      const type = Buffer.concat([field(10, Buffer.from(apiVersion)), field(18, Buffer.from(kind))]);
      const named = field(10, field(10, Buffer.from("message")));
      return post(Buffer.concat([Buffer.from("k8s\0"), field(10, type), field(18, named)]), PROTOBUF);
    };
    assert.equal((await askRaw(memory.server, MAPS, message("", ""))).code, 201);
    const other = (await askRaw(memory.server, MAPS, message("v1", "Pod"))).json();
    assert.match(other.message, /^Pod in version "v1" cannot be handled as a ConfigMap: converting \(v1\.Pod\) to /);
    const unknown = (await askRaw(memory.server, MAPS, message("v7", "Thing"))).json();
    assert.equal(
      unknown.message,
      `Thing in version "v7" cannot be handled as a ConfigMap: no kind "Thing" is registered for version "v7" ${scheme}`,
    );
  });

  for (const [what, url, request, code, message] of refused) {
    test(`${what} is refused`, async () => {
      const answer = await askRaw(memory.server, url, request);
      assert.equal(answer.code, code, answer.text.slice(0, 300));
      const status = answer.json();
      assert.equal(status.kind, "Status");
      assert.match(status.message, message);
    });
  }

  test("names of prototypes are names like any other, and change nothing", async () => {
    const body =
      '{"metadata":{"name":"names","__proto__":{"x":1}},"data":{"__proto__":"a","constructor":"b"},"constructor":{"prototype":{"polluted":1}}}';
    const { code } = await askRaw(memory.server, MAPS, post(body));
    assert.equal(code, 201);
    const { text } = await askRaw(memory.server, `${MAPS}/names`);
    assert.match(text, /"data":\{"__proto__":"a","constructor":"b"\}/);
    await askRaw(
      memory.server,
      `${MAPS}/names`,
      patch(MERGE_PATCH, '{"__proto__":{"polluted":1},"data":{"__proto__":"c"}}'),
    );
    assert.match((await askRaw(memory.server, `${MAPS}/names`)).text, /"__proto__":"c"/);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  test("half a character becomes the replacement character, as in Go", async () => {
    const halves = [
      ["json", undefined, '{"metadata":{"name":"half-json"},"data":{"a":"x\\ud800y\\ud83d\\ude00\\\\ud800"}}'],
      ["yaml", YAML, 'metadata: {name: half-yaml}\ndata: {a: "x\\ud800y\\U0001F600\\\\ud800"}\n'],
    ] as const;
    for (const [name, type, body] of halves) {
      assert.equal((await askRaw(memory.server, MAPS, post(body, type))).code, 201);
      const { data } = (await askRaw(memory.server, `${MAPS}/half-${name}`)).json();
      assert.equal(data.a, "x\ufffdy\u{1F600}\\ud800");
    }
  });

  test("warnings are cut before they are too long for a header", async () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field-${index}`, index]));
    const body = JSON.stringify({ metadata: { name: "warned" }, ...fields });
    const { code, headers } = await askRaw(memory.server, MAPS, post(body));
    assert.equal(code, 201);
    const warnings = headers.warning as string[];
    assert.ok(warnings.length > 10 && warnings.join("").length < 10_000, `${warnings.length} warnings`);
  });

  test("dry runs leave everything as it is, wherever they are asked for", async () => {
    const asked: [string, RawRequest][] = [
      [`${MAPS}/kept?dryRun=All`, remove()],
      [`${MAPS}/kept`, remove('{"dryRun":["All"]}')],
      [`${MAPS}?dryRun=All`, remove()],
      [`${MAPS}?dryRun=All`, post('{"metadata":{"name":"new"}}')],
      [`${MAPS}/kept?dryRun=All`, patch(MERGE_PATCH, '{"data":{"a":"c"}}')],
      [`${MAPS}/kept?dryRun=All`, { method: "PUT", body: '{"metadata":{"name":"kept"},"data":{"a":"c"}}' }],
      [`${MAPS}/new?dryRun=All&fieldManager=m`, patch(APPLY, "{apiVersion: v1, kind: ConfigMap}")],
    ];
    const before = await askRaw(memory.server, MAPS);
    for (const [url, request] of asked) {
      const { code, text } = await askRaw(memory.server, url, request);
      assert.ok(code === 200 || code === 201, text);
    }
    assert.deepEqual((await askRaw(memory.server, MAPS)).json().items, before.json().items);
  });

  test("YAML that is long is read while others go on", async () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `  key${index}: value\n`).join("");
    let longestMs = 0;
    // Of this thread alone: on a busy machine others take their time too.
    const spentMs = (): number => process.threadCpuUsage().user / 1000;
    let last = spentMs();
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, spentMs() - last);
      last = spentMs();
    }, 1);
    const long = askRaw(memory.server, `${MAPS}?dryRun=All`, post(`metadata: {name: long}\ndata:\n${lines}`, YAML));
    const broken = askRaw(memory.server, MAPS, post(`metadata: {name: long}\ndata:\n${lines} - [`, YAML));
    const [made, refused] = await Promise.all([long, broken]);
    clearInterval(timer);
    assert.equal(made.code, 201, made.text.slice(0, 300));
    assert.equal(made.json().data.key39999, "value");
    assert.equal(refused.code, 400);
    assert.match(refused.json().message, /error converting YAML to JSON: yaml: /);
    assert.ok(longestMs < 400, `nothing else ran for ${longestMs} ms`);
  });

  test("an eviction's own options count: a dry run and a precondition", async () => {
    const PODS = "/api/v1/namespaces/default/pods";
    const made = await askRaw(
      memory.server,
      PODS,
      post('{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"a"}]}}'),
    );
    assert.equal(made.code, 201, made.text);
    const evict = (options: object) =>
      askRaw(
        memory.server,
        `${PODS}/p/eviction`,
        post(JSON.stringify({ metadata: { name: "p" }, deleteOptions: options })),
      );
    assert.equal((await evict({ dryRun: ["All"] })).code, 201);
    assert.equal((await evict({ preconditions: { uid: "x" } })).code, 409);
    const { metadata } = (await askRaw(memory.server, `${PODS}/p`)).json();
    assert.equal(metadata.deletionTimestamp, undefined);
  });
});

function copies(times: number): string {
  const copy = (_: unknown, index: number) => ({ op: "copy", from: "/data", path: `/data/k${index}` });
  return JSON.stringify([
    { op: "add", path: "/data/a", value: "x".repeat(1000) },
    ...Array.from({ length: times }, copy),
  ]);
}

function token(revision: number): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: "default/a\0" })).toString("base64url");
}
