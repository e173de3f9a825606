import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../api/status.ts";
import { negotiate } from "./negotiate.ts";

/** Upstream's negotiate_test.go. */
const wanted = (accept: string, search = "", options = {}): string => {
  const { encoding, as, pretty } = negotiate(accept, new URLSearchParams(search), options);
  return [encoding, as, ...(pretty ? ["pretty"] : [])].join(" ");
};
const table = "as=Table;g=meta.k8s.io;v=v1";

for (const [accept, expected] of [
  ["", "json object"],
  ["*/*", "json object"],
  ["text/html,*/*", "json object"],
  ["application/*", "json object"],
  ["application/json; q=0.5, application/yaml; q=0.9", "yaml object"],
  ["application/json;charset=utf-8", "json object"],
  ["application/json;stream=watch", "json object"],
  ["application/json;stream=other, application/yaml", "yaml object"],
  ["application/json;pretty=1", "json object pretty"],
  ["application/json;pretty=0", "json object"],
  ["application/vnd.kubernetes.protobuf, */*", "protobuf object"],
  [`application/json;${table}, application/json`, "json table"],
  [`application/vnd.kubernetes.protobuf;${table}, application/json;${table}`, "json table"],
  ["application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1", "json metadata"],
  ["application/json;as=Table;g=meta.k8s.io;v=v2, application/json;as=Other;g=x;v=v1, application/yaml", "yaml object"],
] as const) {
  test(`Accept: ${accept}`, () => assert.equal(wanted(accept), expected));
}

for (const accept of ["text/html", "text/*", "application/cbor", "application/json;as=Table", "json", ";"]) {
  test(`nothing is acceptable to ${accept}`, () => {
    assert.throws(
      () => wanted(accept),
      (error: unknown) => error instanceof StatusError && error.status.code === 406,
    );
  });
}

const ALL = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const STREAMS = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
for (const [accept, offers] of [
  ["text/html", ALL],
  [`application/vnd.kubernetes.protobuf;${table}`, ALL],
  ["application/yaml", STREAMS],
  [`application/yaml;${table}`, STREAMS],
] as const) {
  test(`a watch for ${accept} is told what there is`, () => {
    assert.throws(() => wanted(accept, "", { isWatch: true }), {
      message: `only the following media types are accepted: ${offers}`,
    });
  });
}

test("people who ask with a query or a browser get line breaks", () => {
  assert.equal(wanted("", "pretty=true"), "json object pretty");
  assert.equal(wanted("", "", { userAgent: "curl/8.0" }), "json object pretty");
  assert.equal(wanted("", "pretty=0", { userAgent: "curl/8.0" }), "json object");
});
