import assert from "node:assert/strict";
import { test } from "node:test";
import { credentialsFor } from "./credentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function pullSecret(auths: Record<string, object>) {
  const data = { ".dockerconfigjson": base64(JSON.stringify({ auths })) };
  return { type: "kubernetes.io/dockerconfigjson", data };
}

const login = (name: string) => ({ auth: base64(`${name}:secret`) });

test("picks the credentials of the image's registry, the most specific first", () => {
  const secret = pullSecret({
    "r.example.org": login("host"),
    "https://r.example.org/team": login("path"),
    "*.example.org": login("glob"),
    "other.org": login("other"),
  });
  const users = credentialsFor("r.example.org/team/app:1", [secret]).map(({ username }) => username);
  assert.deepEqual(users, ["path", "host", "glob"]);
  assert.deepEqual(
    credentialsFor("r.example.org/elsewhere/app", [secret]).map(({ username }) => username),
    ["host", "glob"],
  );
});

test("Docker Hub goes by its old address", () => {
  const secret = pullSecret({ "https://index.docker.io/v1/": { username: "me", password: "pw" } });
  assert.deepEqual(
    credentialsFor("nginx", [secret]).map(({ username, password }) => [username, password]),
    [["me", "pw"]],
  );
});

test("secrets that make no sense are skipped", () => {
  const broken = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64("{") } };
  assert.deepEqual(credentialsFor("nginx", [broken, { type: "Opaque" }]), []);
});
