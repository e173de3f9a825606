import { forbidden } from "../../api/status.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** Refuses every write: for tests of what happens then. */
export const alwaysDeny: AdmissionPlugin = {
  name: "AlwaysDeny",
  handles: () => true,
  admit({ resource, name }) {
    throw forbidden(resource, name, "admission control is denying all modifications");
  },
};

/** Allows every write, as no plugin at all does. */
export const alwaysAdmit: AdmissionPlugin = { name: "AlwaysAdmit", handles: () => false };
