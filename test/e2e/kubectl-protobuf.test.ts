import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { AnyObject } from "../../src/api/meta.ts";
import { decodeObject } from "../../src/api/protobuf/decode.ts";
import { encodeObject } from "../../src/api/protobuf/encode.ts";
import { createKubectl, type Kubectl } from "../support/kubectl.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** What kubectl makes of its words: it prints the object as JSON in a dry run, and sends the same object as protobuf. */
const COMMANDS = [
  "clusterrole reader --verb=get,list --resource=pods",
  "clusterrole paths --verb=get --non-resource-url=/logs/*",
  "clusterrole all --aggregation-rule=a=b,c=d",
  "clusterrolebinding bind --clusterrole=reader --user=jane --group=dev --serviceaccount=default:a",
  "configmap settings --from-literal=a=b --from-literal=c=1=2",
  "cronjob often --image=x:1 --schedule=*/5 * * * * -- sh -c date",
  "deployment web --image=nginx:1 --replicas=3 --port=80",
  "ingress way --class=fast --rule=a.b/c*=svc:80,tls=crt --rule=d.e/f=svc:web --default-backend=x:http --annotation=k=v",
  "job once --image=x:1 -- sleep 5",
  "namespace shop",
  "poddisruptionbudget enough --selector=a=b --min-available=50%",
  "poddisruptionbudget few --selector=a=b --max-unavailable=1",
  "priorityclass low --value=-10 --description=last --preemption-policy=Never",
  "priorityclass usual --value=5 --global-default",
  "quota bound --hard=cpu=1,memory=1Gi,pods=2 --scopes=BestEffort,NotTerminating",
  "role editor --verb=get --verb=update --resource=pods/status --resource-name=a",
  "rolebinding edits --role=editor --serviceaccount=default:a",
  "secret generic hidden --from-literal=a=b --type=example.com/t",
  "secret docker-registry pull --docker-username=u --docker-password=p --docker-email=e@f.g",
  "service clusterip inner --tcp=80:8080 --tcp=443:web",
  "service clusterip headless --clusterip=None",
  "service externalname outer --external-name=example.com",
  "service loadbalancer balanced --tcp=80",
  "service nodeport ported --tcp=80:80 --node-port=30080",
  "serviceaccount robot",
];

/** Roles name resources that kubectl wants to know. */
const pods = { singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get", "list", "update"] };
const DISCOVERY: Readonly<Record<string, object>> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [
      { name: "pods", ...pods },
      { name: "pods/status", ...pods },
    ],
  },
};

suite("kubectl's protobuf", () => {
  const home = mkdtempSync(join(tmpdir(), "wherry-protobuf-"));
  let server: Server;
  let kubectl: Kubectl;
  let received: Buffer | undefined;
  before(async () => {
    server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const isCreated = request.method === "POST" && request.headers["content-type"] === PROTOBUF;
        if (isCreated) received = body;
        const document = DISCOVERY[request.url?.split("?")[0] ?? ""];
        const code = isCreated ? 201 : document === undefined ? 404 : 200;
        response.writeHead(code, { "content-type": isCreated ? PROTOBUF : "application/json" });
        response.end(isCreated ? body : JSON.stringify(document ?? {}));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    kubectl = createKubectl(join(home, "none"), home);
  });
  after(() => {
    server.close();
    rmSync(home, { recursive: true });
  });

  for (const command of COMMANDS) {
    test(`create ${command}`, async () => {
      const address = `--server=http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const words = ["create", ...wordsOf(command)];
      const at = words.indexOf("--");
      const wordsWith = (...more: string[]) =>
        at < 0 ? [...words, ...more] : [...words.slice(0, at), ...more, ...words.slice(at)];
      const printed = JSON.parse(
        await kubectl.ok(...wordsWith(address, "--dry-run=client", "-o", "json")),
      ) as AnyObject;
      received = undefined;
      await kubectl.ok(...wordsWith(address, "--validate=false"));
      assert.ok(received !== undefined, "kubectl sent no protobuf");
      const { object } = decodeObject(received);
      assert.deepEqual(plain(object), plain(printed));
      assert.deepEqual(plain(decodeObject(encodeObject(printed)).object), plain(printed));
      assert.deepEqual(encodeObject(object), encodeObject(decodeObject(encodeObject(object)).object));
    });
  }
});

/** `--schedule` holds spaces. */
function wordsOf(command: string): string[] {
  return command
    .replace("*/5 * * * *", "*/5_*_*_*_*")
    .split(" ")
    .map((word) => word.replaceAll("_*", " *"));
}

/** Go prints null for what is absent and shows empty structs that protobuf has no bytes for. */
function plain(value: unknown): unknown {
  const isNothing = (each: unknown): boolean =>
    each === null || (typeof each === "object" && Object.keys(each as object).length === 0);
  return JSON.parse(JSON.stringify(value), (key, each: unknown) =>
    isNothing(each) || (key === "namespace" && each === "default") ? undefined : each,
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
