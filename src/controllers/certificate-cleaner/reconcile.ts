import { certificateSigningRequests } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";
import { removedAtMs } from "./plan.ts";

/** The wall clock may jump while a request waits (a machine that slept): it is looked at again at least so often. */
const LOOK_MS = 60 * 60 * 1000;

/** Removes certificate requests that are done with: agents renew for years, and each renewal leaves one. */
export const certificateCleaner: ControllerFactory = ({ client, informers, clock }): Controller => {
  const requests = informers.informer(certificateSigningRequests);
  return {
    name: "certificatesigningrequest-cleaner-controller",
    sources: [from(requests, ({ key, after }) => (after === undefined ? [] : [key]))],
    async reconcile(key) {
      const request = requests.get(key);
      if (request === undefined) return undefined;
      const waitMs = (removedAtMs(request) ?? Number.POSITIVE_INFINITY) - clock.now();
      if (waitMs > 0) return { requeueAfterMs: Math.min(waitMs, LOOK_MS) };
      const { name = "", uid } = request.metadata ?? {};
      try {
        await client.delete(certificateSigningRequests, { name }, { preconditions: { uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
};
