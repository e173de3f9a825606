import { type OwnerReference, parseApiVersion } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import type { AuthorizationAttributes } from "../authz/authorizer.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { isResource, refuse } from "./refuse.ts";

/** Who makes the garbage collector delete something, or wait for it, must be allowed to do that himself. */
export function ownerReferencesPermissionEnforcement(dependencies: AdmissionDependencies): AdmissionPlugin {
  const may = async (attributes: AdmissionAttributes, what: Asked): Promise<string | undefined> => {
    const request: AuthorizationAttributes = {
      user: attributes.user,
      resourceRequest: true,
      path: "",
      namespace: attributes.namespace,
      ...what,
    };
    const { decision, reason } = await dependencies.authorizer().authorize(request);
    return decision === "allow" ? undefined : reason;
  };
  return {
    name: "OwnerReferencesPermissionEnforcement",
    handles: (attributes) =>
      (attributes.operation === "CREATE" || attributes.operation === "UPDATE") &&
      !(isResource(attributes, "pods") && attributes.subresource === "status") &&
      !equalJson(ownersOf(attributes.object), ownersOf(attributes.oldObject)),
    async validate(attributes) {
      const { operation, resource, subresource, name } = attributes;
      if (operation !== "CREATE") {
        const { group, version, resource: named } = resource;
        const no = await may(attributes, { verb: "delete", group, version, resource: named, subresource, name });
        if (no !== undefined) {
          throw refuse(attributes, `cannot set an ownerRef on a resource you can't delete: ${no}, <nil>`);
        }
      }
      for (const owner of newlyBlocking(attributes)) {
        const no = await may(attributes, finalizersOf(owner, attributes, dependencies));
        if (no === undefined) continue;
        const why = `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${no}, <nil>`;
        throw refuse(attributes, why);
      }
    },
  };
}

type Asked = Pick<AuthorizationAttributes, "verb" | "group" | "version" | "resource" | "subresource" | "name">;

function ownersOf(object: AdmissionAttributes["object"]): readonly OwnerReference[] {
  return object?.metadata?.ownerReferences ?? [];
}

/** Owners that shall wait for this object, and did not before. */
function newlyBlocking({ object, oldObject }: AdmissionAttributes): OwnerReference[] {
  const before = ownersOf(oldObject);
  return ownersOf(object).filter(
    (owner) =>
      owner.blockOwnerDeletion === true &&
      !before.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true),
  );
}

function finalizersOf(
  owner: OwnerReference,
  attributes: AdmissionAttributes,
  { versions }: AdmissionDependencies,
): Asked {
  const { kind, apiVersion } = owner;
  const { group, version } = parseApiVersion(apiVersion);
  const found = versions.resourceOf({ group, version, kind });
  if (found === undefined) {
    const why = `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind "${kind}" in version "${apiVersion}"`;
    throw refuse(attributes, why);
  }
  return { verb: "update", group, version, resource: found.resource, subresource: "finalizers", name: owner.name };
}
