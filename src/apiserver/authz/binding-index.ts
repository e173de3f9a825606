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

interface BySubject {
  readonly users: Map<string, Grants>;
  readonly groups: Map<string, Grants>;
}

/** Whom a binding names. Names of users and groups come with hash values of their own, so that no text is made to find them. */
interface SubjectKey {
  readonly kind: keyof BySubject;
  readonly name: string;
}

const NONE: readonly Grant[] = [];
/** Of one user. */
const NAMESPACES_REMEMBERED = 64;

/**
 * Bindings by namespace and by whom they name, so that a decision looks only at what concerns the user, however many
 * bindings there are.
 */
export class BindingIndex {
  readonly #byNamespace = new Map<string, BySubject>();
  /** Users stay the same objects from request to request. */
  #found = new WeakMap<UserInfo, Map<string, readonly Grant[]>>();

  /** Replaces `before` with `after`; either may be absent. */
  change(
    before: ClusterRoleBinding | RoleBinding | undefined,
    after: ClusterRoleBinding | RoleBinding | undefined,
  ): void {
    if (before !== undefined) for (const [key, grant] of grantsOf(before)) this.#remove(key, grant);
    if (after !== undefined) for (const [key, grant] of grantsOf(after)) this.#add(key, grant);
    this.#found = new WeakMap();
  }

  /** What the user was given in the namespace; with an empty one, by ClusterRoleBindings. */
  grants(user: UserInfo, namespace: string): readonly Grant[] {
    let byNamespace = this.#found.get(user);
    if (byNamespace === undefined) this.#found.set(user, (byNamespace = new Map()));
    let found = byNamespace.get(namespace);
    if (found === undefined) {
      found = this.#find(user, namespace);
      if (byNamespace.size >= NAMESPACES_REMEMBERED) byNamespace.clear();
      byNamespace.set(namespace, found);
    }
    return found;
  }

  #find(user: UserInfo, namespace: string): readonly Grant[] {
    const bySubject = this.#byNamespace.get(namespace);
    if (bySubject === undefined) return NONE;
    const found: Grant[] = [];
    const add = (grants: Grants | undefined): void => {
      if (grants !== undefined) for (const grant of grants.values()) found.push(grant);
    };
    add(bySubject.users.get(user.name));
    for (const group of user.groups) add(bySubject.groups.get(group));
    return found;
  }

  #add({ kind, name }: SubjectKey, grant: Grant): void {
    const bySubject = this.#byNamespace.get(grant.namespace) ?? { users: new Map(), groups: new Map() };
    this.#byNamespace.set(grant.namespace, bySubject);
    const grants: Grants = bySubject[kind].get(name) ?? new Map();
    bySubject[kind].set(name, grants);
    grants.set(grant.binding, grant);
  }

  #remove({ kind, name }: SubjectKey, grant: Grant): void {
    const bySubject = this.#byNamespace.get(grant.namespace);
    const grants = bySubject?.[kind].get(name);
    if (bySubject === undefined || grants === undefined) return;
    grants.delete(grant.binding);
    if (grants.size === 0) bySubject[kind].delete(name);
    if (bySubject.users.size + bySubject.groups.size === 0) this.#byNamespace.delete(grant.namespace);
  }
}

/** Names a role among those of both kinds. */
export function roleKey({ kind, name }: Pick<RoleRef, "kind" | "name">, namespace: string): string {
  return kind === "ClusterRole" ? `ClusterRole/${name}` : `Role/${namespace}/${name}`;
}

function grantsOf(binding: ClusterRoleBinding | RoleBinding): [SubjectKey, Grant][] {
  const { name = "", namespace = "" } = binding.metadata ?? {};
  return (binding.subjects ?? []).flatMap((subject): [SubjectKey, Grant][] => {
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

function subjectKey(subject: Subject, bindingNamespace: string): SubjectKey | undefined {
  switch (subject.kind) {
    case "User":
      return { kind: "users", name: subject.name };
    case "Group":
      return { kind: "groups", name: subject.name };
    case "ServiceAccount": {
      const namespace = subject.namespace || bindingNamespace;
      return namespace === "" ? undefined : { kind: "users", name: serviceAccountUserName(namespace, subject.name) };
    }
    default:
      return undefined;
  }
}
