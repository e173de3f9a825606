import { podCertificateRequests } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";

/** A request is settled within minutes or not at all, and kubelets make new ones all the time. */
const STAYS_MS = 15 * 60 * 1000;

/** Removes requests for pods' certificates a quarter of an hour after they were made, whatever became of them. */
export const podCertificateCleaner: ControllerFactory = ({ client, informers, clock }): Controller => {
  const requests = informers.projected({
    resource: podCertificateRequests,
    project: ({ metadata }) => ({
      uid: metadata?.uid ?? "",
      createdAtMs: Date.parse(metadata?.creationTimestamp ?? ""),
    }),
  });
  return {
    name: "podcertificaterequest-cleaner-controller",
    sources: [from(requests, ({ key, after }) => (after === undefined ? [] : [key]))],
    async reconcile(key) {
      const request = requests.get(key);
      if (request === undefined) return undefined;
      const waitMs = request.createdAtMs + STAYS_MS - clock.now();
      if (waitMs > 0) return { requeueAfterMs: Math.min(waitMs, STAYS_MS) };
      const [namespace, name = ""] = key.split("/");
      try {
        await client.delete(podCertificateRequests, { namespace, name }, { preconditions: { uid: request.uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
};
