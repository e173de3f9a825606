import assert from "node:assert/strict";
import { test } from "node:test";
import { etcdError } from "./errors.ts";

test("a member that cannot be reached is told in words for people, and the call may be made again", () => {
  const refused = "connect ECONNREFUSED 127.0.0.1:2379";
  const details = `No connection established. Last error: Error: ${refused}. Resolution note: `;
  const { message, failure, isOfEndpoint } = etcdError({ code: 14, details }, "http://127.0.0.1:2379");
  const advice = "nothing listens there; start etcd, or correct --etcd-servers";
  assert.equal(message, `etcd at http://127.0.0.1:2379: No connection established. ${refused}: ${advice}`);
  assert.equal(failure, "notDone");
  assert.equal(isOfEndpoint, true);
});

const NOT_CONNECTED = "No connection established. Last error: ";

for (const [details, told] of [
  [
    `${NOT_CONNECTED}Error: unable to verify the first certificate; if the root CA is installed locally, try …. Resolution note: `,
    "No connection established: its certificate is not signed by the authority in --etcd-cafile",
  ],
  [
    `${NOT_CONNECTED}40DD:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../a.c:918:SSL alert number 42\n (2026-11-21T19:01:55.331Z). Resolution note: `,
    "No connection established: it does not accept the client certificate: --etcd-certfile and --etcd-keyfile are to name one of an authority that it trusts",
  ],
  [
    `${NOT_CONNECTED}40DD:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../a.c:354:\n (2026-11-21T19:01:55.331Z)`,
    "No connection established: it does not speak TLS: try http://",
  ],
  [
    `${NOT_CONNECTED}Failed to connect (2026-11-21T19:02:11.028Z). Resolution note: `,
    "No connection established. Failed to connect: it may expect TLS (https://), or be no etcd",
  ],
  [
    "Name resolution failed for target dns:nowhere:2379",
    "Name resolution failed for target dns:nowhere:2379: correct --etcd-servers, or the name service",
  ],
] as const) {
  test(`why there is no connection: ${told}`, () => {
    const { message, failure } = etcdError({ code: 14, details }, "e");
    assert.equal(message, `etcd at e: ${told}`);
    assert.equal(failure, "notDone");
  });
}

test("a member that does not answer", () => {
  const details = "Deadline exceeded after 2.999s,remote_addr=127.0.0.1:2379";
  const { message, failure, isOfEndpoint } = etcdError({ code: 4, details }, "e");
  assert.equal(message, "etcd at e: no answer in 3 s: it hangs, is overloaded, or has no quorum of its members");
  assert.deepEqual([failure, isOfEndpoint], ["unknown", true]);
});

test("other texts of etcd stay as they are", () => {
  const details = "etcdserver: request is too large";
  assert.equal(etcdError({ code: 3, details }, "e").message, `etcd at e: ${details}`);
});
