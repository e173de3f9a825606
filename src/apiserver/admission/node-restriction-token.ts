import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { notFound } from "../../api/status.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "./admission.ts";
import { checkAudience } from "./node-restriction-audience.ts";
import { draftOf, refuse } from "./refuse.ts";

/** A node gets tokens only for pods that are bound to it. */
export async function checkNodeToken(
  attributes: AdmissionAttributes,
  node: string,
  dependencies: Pick<AdmissionDependencies, "reader" | "authorizer">,
): Promise<void> {
  const { reader } = dependencies;
  if (attributes.subresource !== "token" || attributes.operation !== "CREATE") return;
  const reference = draftOf<TokenRequest>(attributes).spec?.boundObjectRef;
  if (reference === undefined || reference.apiVersion !== "v1" || reference.kind !== "Pod" || !reference.name) {
    throw refuse(attributes, "node requested token not bound to a pod");
  }
  if (!reference.uid) throw refuse(attributes, "node requested token with a pod binding without a uid");
  const pod = await reader.get(pods, attributes.namespace, reference.name);
  if (pod === undefined) throw notFound({ group: "", resource: "pod" }, reference.name);
  if (pod.metadata?.uid !== reference.uid) {
    const why = `the UID in the bound object reference (${reference.uid}) does not match the UID in record`;
    throw refuse(attributes, `${why}. The object might have been deleted and then recreated`);
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(attributes, "node requested token bound to a pod scheduled on a different node");
  }
  await checkAudience(attributes, pod, dependencies);
}
