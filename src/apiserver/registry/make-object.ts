import type { ApiObject } from "../../api/meta.ts";
import { isAlreadyExists } from "../../api/status.ts";
import type { Transport } from "../../client/transport.ts";
import type { EnsureObject } from "../admission/admission.ts";

/** Creates objects through the door, so that they pass all that everybody's objects pass. */
export function objectMaker(transport: () => Transport): EnsureObject {
  return async ({ group, version, resource, namespaced }, object: ApiObject) => {
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const place = namespaced ? `/namespaces/${object.metadata?.namespace}` : "";
    try {
      await transport().request({ method: "POST", path: `${root}${place}/${resource}`, body: object });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  };
}
