import type { Service } from "../../api/generated/core/v1.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, refuse } from "./refuse.ts";

/** No Service takes addresses that are somebody else's traffic; those that it has it keeps. */
export const denyServiceExternalIps: AdmissionPlugin = {
  name: "DenyServiceExternalIPs",
  handles: (attributes) =>
    (attributes.operation === "CREATE" || attributes.operation === "UPDATE") && isAbout(attributes, "services"),
  validate(attributes) {
    const before = (attributes.oldObject as Service | undefined)?.spec?.externalIPs ?? [];
    const wanted = draftOf<Service>(attributes).spec?.externalIPs ?? [];
    if (wanted.every((address) => before.includes(address))) return;
    throw refuse(attributes, "Use of external IPs is denied by admission control");
  },
};
