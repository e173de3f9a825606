import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import {
  type AdmissionAttributes,
  type AdmissionDependencies,
  type AdmissionPlugin,
  newReinvocation,
} from "../admission/admission.ts";
import { createWebhookClient } from "../outgoing/create-webhook-client.ts";
import { MemoryReader } from "./memory-reader.ts";

/** What a plugin test needs: objects to read, and a way to put a write before the plugin. */
export interface AdmissionBench extends AdmissionDependencies {
  readonly reader: MemoryReader;
  readonly clock: VirtualClock;
  readonly warnings: string[];
  readonly annotations: Record<string, string>;
  /** Offers the write to the plugin as the API server would; returns the draft as it became. @throws what the plugin throws */
  run<T extends ApiObject>(plugin: AdmissionPlugin, write: Write<T>): Promise<T>;
}

export interface Write<T extends ApiObject> {
  readonly resource: ResourceReference<T>;
  readonly operation?: AdmissionAttributes["operation"];
  readonly subresource?: string;
  readonly object?: T;
  readonly oldObject?: T;
  readonly user?: AdmissionAttributes["user"];
  readonly dryRun?: boolean;
}

export function admissionBench(): AdmissionBench {
  const reader = new MemoryReader();
  const warnings: string[] = [];
  const annotations: Record<string, string> = {};
  const authorizer = () => ({
    name: "approvers",
    authorize: ({ user, verb, name }: { user: { groups: readonly string[] }; verb: string; name: string }) => ({
      decision: user.groups.includes(`${verb} ${name}`) ? ("allow" as const) : ("noOpinion" as const),
      reason: "",
    }),
  });
  const clock = new VirtualClock();
  const random = seededRandom(1);
  return {
    reader,
    clock,
    random,
    webhooks: createWebhookClient({ reader, clock, random }),
    // Of one version each: what converts is tested on the real server.
    versions: {
      equivalents: () => [],
      kindOf: () => undefined,
      resourceOf: () => undefined,
      definitionOf: () => undefined,
      convert: async (object) => object,
      complete: (object) => object,
    },
    async swap(resource, object) {
      reader.put(resource, object);
      return object;
    },
    async ensure(resource, object) {
      reader.put(resource, object);
    },
    warnings,
    annotations,
    authorizer,
    async run(plugin, write) {
      const { resource, operation = "CREATE", subresource = "", oldObject } = write;
      const object = structuredClone(write.object);
      const { namespace = "", name = "" } = (object ?? oldObject)?.metadata ?? {};
      const attributes: AdmissionAttributes = {
        user: write.user ?? { name: "tester", groups: [] },
        operation,
        resource: resource as unknown as ResourceReference,
        subresource,
        namespace,
        name,
        ...(object === undefined ? {} : { object }),
        ...(oldObject === undefined ? {} : { oldObject }),
        kind: { group: resource.group, version: resource.version, kind: resource.kind },
        dryRun: write.dryRun === true,
        reinvocation: newReinvocation(),
        warn: (message) => void warnings.push(message),
        annotate: (key, value) => void (annotations[key] = value),
        onEnd: () => {},
      };
      if (plugin.handles(attributes)) {
        await plugin.admit?.(attributes);
        await plugin.validate?.(attributes);
      }
      return object as typeof write.object & object;
    },
  };
}
