import assert from "node:assert/strict";
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from "../../api/generated/resources.ts";
import { type AnyObject, apiVersionOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { createAdmissionPlugins } from "../admission/plugins.ts";
import type { Subresource } from "../subresources/subresource.ts";
import { type ReviewRequest, startAdmissionHook } from "./admission-hook.ts";
import { type MemoryServer, startMemoryServer } from "./memory-server.ts";
import { askRaw } from "./raw-door.ts";

/** A server with a mutating and a validating webhook that are asked of everything, and remember. */
export interface AdmissionWitness {
  readonly server: MemoryServer;
  /** @throws StatusError */
  ask(method: string, path: string, body?: object, contentType?: string): Promise<AnyObject>;
  /** What both webhooks are told last of the client's own requests meanwhile, which must be the same; undefined when nothing. */
  told(requests: () => Promise<unknown>): Promise<object | undefined>;
  close(): Promise<void>;
}

export async function startAdmissionWitness(
  options: { subresources?: Readonly<Record<string, Subresource>>; security?: { clientAuthority: () => string } } = {},
): Promise<AdmissionWitness> {
  const hook = await startAdmissionHook(() => ({}));
  const disabled = ["ServiceAccount", "StorageObjectInUseProtection"];
  const server = await startMemoryServer({
    ...options,
    admission: (dependencies) => createAdmissionPlugins(dependencies, { disabled }),
  });
  const ask: AdmissionWitness["ask"] = async (method, path, sent, contentType = "application/json") => {
    const body = sent === undefined ? "" : JSON.stringify(sent);
    const answer = await askRaw(server.server, path, { method, body, contentType });
    if (answer.code >= 300) throw new StatusError(answer.json());
    return answer.json();
  };
  const everything = { apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"] };
  const webhook = (path: string) => ({
    name: `${path}.example.com`,
    clientConfig: { url: `${hook.url}/${path}`, caBundle: hook.caBundle },
    rules: [everything],
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
  });
  const configure = (name: string) => ({ metadata: { name }, webhooks: [webhook(name)] });
  await server.client.create(mutatingWebhookConfigurations, configure("mutating"));
  await server.client.create(validatingWebhookConfigurations, configure("validating"));
  return {
    server,
    ask,
    async told(requests) {
      hook.calls.length = 0;
      await requests();
      const by = (path: string): object | undefined => {
        const calls = hook.calls.filter((call) => call.path.startsWith(path));
        const asked = calls.map(({ body }) => (body as { request: ReviewRequest }).request);
        const last = asked.findLast(({ userInfo }) => userInfo.username === "admin");
        return last && facts(last);
      };
      assert.deepEqual(by("/validating"), by("/mutating"));
      return by("/mutating");
    },
    async close() {
      await server.close();
      await hook.close();
    },
  };
}

function facts(request: ReviewRequest): object {
  const { operation, kind, resource, subResource, name, namespace, object, oldObject, options } = request;
  const of = (each: AnyObject | null) => each && `${each.apiVersion} ${each.kind}`;
  return {
    operation,
    kind: `${apiVersionOf(kind)} ${kind.kind}`,
    resource: `${apiVersionOf(resource)} ${[resource.resource, subResource].filter((each) => each).join("/")}`,
    name,
    namespace,
    object: of(object),
    oldObject: of(oldObject),
    options: of(options),
  };
}
