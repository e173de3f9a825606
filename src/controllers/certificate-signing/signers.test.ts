import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { RequestDocument } from "../../api/certificates/request-document.ts";
import type { CertificateSigningRequestSpec } from "../../api/generated/certificates.k8s.io/v1.ts";
import { SIGNERS } from "./signers.ts";

const node: RequestDocument = {
  subject: Buffer.alloc(0),
  commonName: "system:node:one",
  organizations: ["system:nodes"],
  publicKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey,
  names: [],
  addresses: [],
  otherNames: [],
};
const spec = { request: "", signerName: "", username: "system:node:one" };
const client = ["digital signature", "client auth"];
const server = ["digital signature", "server auth"];

interface Case {
  readonly signer: string;
  readonly document?: Partial<RequestDocument>;
  readonly spec?: Partial<CertificateSigningRequestSpec>;
  readonly problem?: RegExp;
}

const CLIENT = "kubernetes.io/kube-apiserver-client";
const KUBELET = "kubernetes.io/kube-apiserver-client-kubelet";
const SERVING = "kubernetes.io/kubelet-serving";

const cases: readonly Case[] = [
  { signer: CLIENT, spec: { usages: client } },
  { signer: CLIENT, spec: { usages: server }, problem: /did not contain client auth/ },
  { signer: CLIENT, spec: { usages: [...client, "cert sign"] }, problem: /"cert sign" is not allowed/ },
  { signer: KUBELET, spec: { usages: [...client, "key encipherment"] } },
  {
    signer: KUBELET,
    spec: { usages: client },
    document: { organizations: ["system:masters"] },
    problem: /organization/,
  },
  {
    signer: KUBELET,
    spec: { usages: client },
    document: { organizations: ["system:nodes", "system:masters"] },
    problem: /organization/,
  },
  { signer: KUBELET, spec: { usages: client }, document: { commonName: "jane" }, problem: /common name/ },
  { signer: KUBELET, spec: { usages: client }, document: { names: ["a"] }, problem: /DNS/ },
  { signer: KUBELET, spec: { usages: client }, document: { addresses: ["10.0.0.1"] }, problem: /IP/ },
  { signer: KUBELET, spec: { usages: [...client, "server auth"] }, problem: /"server auth"/ },
  { signer: SERVING, spec: { usages: server }, document: { names: ["one"] } },
  { signer: SERVING, spec: { usages: server }, problem: /subjectAltName is required/ },
  {
    signer: SERVING,
    spec: { usages: server, username: "jane" },
    document: { names: ["one"] },
    problem: /username does not match/,
  },
  { signer: SERVING, spec: { usages: server }, document: { names: ["one"], otherNames: ["URI"] }, problem: /URI/ },
  { signer: SERVING, spec: { usages: client }, document: { names: ["one"] }, problem: /server auth/ },
];

for (const [index, each] of cases.entries()) {
  test(`${each.signer} ${each.problem === undefined ? "signs" : `refuses: ${each.problem}`} (${index})`, () => {
    const problem = SIGNERS[each.signer]!.problem({ ...node, ...each.document }, { ...spec, ...each.spec });
    if (each.problem === undefined) assert.equal(problem, undefined);
    else assert.match(problem ?? "", each.problem);
  });
}
