import type {
  ClusterRoleBinding,
  RoleBinding,
  RoleRef,
  Subject,
} from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import { serviceAccountUserName } from "../authn/users.ts";

/** One subject of one binding. The namespace is empty for a ClusterRoleBinding. */
export interface Grant {
  readonly binding: string;
  readonly namespace: string;
  readonly role: RoleRef;
  /** Of the role: roleKey, made once and not at each decision. */
  readonly roleKey: string;
  readonly subject: Subject;
}

type Grants = Map<string, Grant>;

/**
 * Bindings by namespace and by whom they name, so that a decision looks only at what concerns the user, however many
 * bindings there are.
 */
export class BindingIndex {
  readonly #byNamespace = new Map<string, Map<string, Grants>>();

  /** Replaces `before` with `after`; either may be absent. */
  change(
    before: ClusterRoleBinding | RoleBinding | undefined,
    after: ClusterRoleBinding | RoleBinding | undefined,
  ): void {
    if (before !== undefined) for (const [key, grant] of grantsOf(before)) this.#remove(key, grant);
    if (after !== undefined) for (const [key, grant] of grantsOf(after)) this.#add(key, grant);
  }

  /** What the user was given in the namespace; with an empty one, by ClusterRoleBindings. */
  grants(user: UserInfo, namespace: string): Grant[] {
    const found: Grant[] = [];
    const bySubject = this.#byNamespace.get(namespace);
    if (bySubject === undefined) return found;
    const add = (grants: Grants | undefined): void => {
      if (grants !== undefined) for (const grant of grants.values()) found.push(grant);
    };
    add(bySubject.get(userKey(user.name)));
    for (const group of user.groups) add(bySubject.get(groupKey(group)));
    return found;
  }

  #add(key: string, grant: Grant): void {
    const bySubject = this.#byNamespace.get(grant.namespace) ?? new Map<string, Grants>();
    this.#byNamespace.set(grant.namespace, bySubject);
    const grants: Grants = bySubject.get(key) ?? new Map();
    bySubject.set(key, grants);
    grants.set(grant.binding, grant);
  }

  #remove(key: string, grant: Grant): void {
    const bySubject = this.#byNamespace.get(grant.namespace);
    const grants = bySubject?.get(key);
    if (bySubject === undefined || grants === undefined) return;
    grants.delete(grant.binding);
    if (grants.size === 0) bySubject.delete(key);
    if (bySubject.size === 0) this.#byNamespace.delete(grant.namespace);
  }
}

/** Names a role among those of both kinds. */
export function roleKey({ kind, name }: Pick<RoleRef, "kind" | "name">, namespace: string): string {
  return kind === "ClusterRole" ? `ClusterRole/${name}` : `Role/${namespace}/${name}`;
}

const userKey = (name: string): string => `u:${name}`;
const groupKey = (name: string): string => `g:${name}`;

function grantsOf(binding: ClusterRoleBinding | RoleBinding): [string, Grant][] {
  const { name = "", namespace = "" } = binding.metadata ?? {};
  return (binding.subjects ?? []).flatMap((subject): [string, Grant][] => {
    const key = subjectKey(subject, namespace);
    return key === undefined
      ? []
      : [
          [
            key,
            { binding: name, namespace, role: binding.roleRef, roleKey: roleKey(binding.roleRef, namespace), subject },
          ],
        ];
  });
}

function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  switch (subject.kind) {
    case "User":
      return userKey(subject.name);
    case "Group":
      return groupKey(subject.name);
    case "ServiceAccount": {
      const namespace = subject.namespace || bindingNamespace;
      return namespace === "" ? undefined : userKey(serviceAccountUserName(namespace, subject.name));
    }
    default:
      return undefined;
  }
}
