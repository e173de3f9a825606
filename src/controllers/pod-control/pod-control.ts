import type { Pod, PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { joinKey } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import { TransportError } from "../../client/transport.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { type ClaimOwner, controllerReference } from "./claim.ts";
import type { Expectations } from "./expectations.ts";

export interface PodControlDependencies {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly random: Random;
  readonly expectations: Expectations;
}

/** Creates and deletes the pods of one owner, with the usual events and with expectations kept. */
export interface PodControl {
  /** Rejects when the pod was refused. A namespace that is being deleted refuses silently (`refused` in the answer). */
  create(pod: Pod): Promise<"created" | "refused">;
  delete(pod: Pod): Promise<void>;
}

/** @param ownerKey under which expectations are kept, the owner's queue key */
export function podControlOf(dependencies: PodControlDependencies, owner: ClaimOwner, ownerKey: string): PodControl {
  const { client, events, expectations } = dependencies;
  return {
    async create(pod) {
      const podKey = joinKey(pod.metadata?.namespace, pod.metadata?.name ?? "");
      expectations.expectCreation(ownerKey, podKey);
      try {
        await client.create(pods, pod);
      } catch (error) {
        if (error instanceof TransportError) expectations.creationUncertain(podKey);
        else expectations.creationFailed(podKey);
        if (isNamespaceTerminating(error)) return "refused";
        events.event(owner, {
          type: "Warning",
          reason: "FailedCreate",
          message: `Error creating: ${errorMessage(error)}`,
        });
        throw error;
      }
      events.event(owner, {
        type: "Normal",
        reason: "SuccessfulCreate",
        message: `Created pod: ${pod.metadata?.name}`,
      });
      return "created";
    },
    async delete(pod) {
      const { namespace, name = "", uid = "" } = pod.metadata ?? {};
      expectations.expectDeletion(ownerKey, pod);
      try {
        await client.delete(pods, { namespace, name }, { preconditions: { uid } });
      } catch (error) {
        // Gone, or replaced by another of its name: that is what was wanted.
        expectations.deletionFailed(uid);
        if (error instanceof StatusError && (error.code === 404 || error.code === 409)) return;
        events.event(owner, {
          type: "Warning",
          reason: "FailedDelete",
          message: `Error deleting: ${errorMessage(error)}`,
        });
        throw error;
      }
      events.event(owner, { type: "Normal", reason: "SuccessfulDelete", message: `Deleted pod: ${name}` });
    },
  };
}

const LONGEST_GENERATED_BASE = 58;

export interface NewPod {
  readonly template: PodTemplateSpec | undefined;
  readonly owner: ClaimOwner;
  readonly random: Random;
  /** What the name starts with; the owner's name and a dash when absent. */
  readonly generateName?: string;
}

/** A pod of that template, controlled by `owner`, with a name as generateName would give it. */
export function podFromTemplate({ template, owner, random, ...options }: NewPod): Pod {
  const generateName = options.generateName ?? `${owner.metadata?.name}-`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      // The name is chosen here and not by the server, so that a create whose answer is lost can be recognized.
      name: generateName.slice(0, LONGEST_GENERATED_BASE) + random.suffix(5),
      generateName,
      namespace: owner.metadata?.namespace,
      labels: { ...template?.metadata?.labels },
      annotations: { ...template?.metadata?.annotations },
      finalizers: template?.metadata?.finalizers,
      ownerReferences: [controllerReference(owner)],
    },
    // Shared, for nobody changes what is sent.
    spec: template?.spec,
  };
}
