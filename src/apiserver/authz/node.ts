import { parseFieldSelector } from "../../api/field-selectors.ts";
import { joinKey } from "../../api/meta.ts";
import { nodeRules } from "../../api/rbac-node-rules.ts";
import { atOnce } from "../../base/at-once.ts";
import { nodeNameOf } from "../authn/users.ts";
import type { AuthorizationAttributes, Authorizer } from "./authorizer.ts";
import type { NodeGraph } from "./node-graph.ts";
import { type ReferenceKind, referenceKey } from "./pod-references.ts";
import { rulesAllow } from "./rule-match.ts";

type Question = AuthorizationAttributes;
type Answer = { decision: "allow" | "noOpinion"; reason: string };

const allow: Answer = { decision: "allow", reason: "" };
const no = (reason: string): Answer => ({ decision: "noOpinion", reason });

/**
 * What kubelets may do: fixed rules, and of objects with secrets in them only those that the node's own pods refer to.
 * The graph is asked for when the first node comes: a server with many pods must not read them all before it is ready.
 */
export function nodeAuthorizer(graphOf: () => Promise<NodeGraph>): Authorizer {
  let graph: NodeGraph | undefined;
  return {
    name: "Node",
    authorize(question) {
      const node = nodeNameOf(question.user);
      if (node === undefined) return no("");
      if (node === "") return no(`unknown node for user "${question.user.name}"`);
      const special = question.resourceRequest ? specialAnswers[`${question.group}/${question.resource}`] : undefined;
      if (special === undefined) return rulesAllow(nodeRules, question) ? allow : no("");
      if (graph !== undefined) return special({ graph, node, question });
      return graphOf().then((loaded) => {
        graph = loaded;
        return special({ graph, node, question });
      });
    },
  };
}

interface Case {
  readonly graph: NodeGraph;
  readonly node: string;
  readonly question: Question;
}

const specialAnswers: Readonly<Record<string, (of: Case) => Answer | Promise<Answer>>> = {
  "/secrets": (of) => readOwn(of, "secrets"),
  "/configmaps": (of) => readOwn(of, "configmaps"),
  "/persistentvolumeclaims": claim,
  "/persistentvolumes": (of) => getOnly(of) ?? related(of, of.graph.needsVolume(of.node, of.question.name)),
  "/serviceaccounts": serviceAccount,
  "/nodes": nodeObject,
  "/pods": pod,
  "resource.k8s.io/resourceclaims": (of) => getOnly(of) ?? needed(of, "resourceclaims"),
  "resource.k8s.io/resourceslices": resourceSlice,
  "storage.k8s.io/volumeattachments": (of) =>
    getOnly(of) ?? related(of, of.graph.owns(of.node, "volumeattachments", of.question.name)),
  "storage.k8s.io/csinodes": csiNode,
  "certificates.k8s.io/podcertificaterequests": podCertificateRequest,
  "coordination.k8s.io/leases": lease,
};

function related({ node, question }: Case, found: boolean): Answer {
  if (question.name === "") return no("No Object name found");
  return found ? allow : no(`no relationship found between node '${node}' and this object`);
}

function needed(of: Case, kind: ReferenceKind): Answer {
  const { namespace, name } = of.question;
  return related(of, of.graph.needs(of.node, referenceKey(kind, namespace, name)));
}

function getOnly({ question }: Case): Answer | undefined {
  if (question.verb !== "get") return no("can only get individual resources of this type");
  return question.subresource === "" ? undefined : no("cannot get subresource");
}

function readOwn(of: Case, kind: ReferenceKind): Answer {
  const { verb, subresource, namespace } = of.question;
  if (verb !== "get" && verb !== "list" && verb !== "watch") return no("can only read resources of this type");
  if (subresource !== "") return no("cannot read subresource");
  if (namespace === "") return no("can only read namespaced object of this type");
  return needed(of, kind);
}

function claim(of: Case): Answer {
  if (of.question.subresource !== "status") return getOnly(of) ?? needed(of, "persistentvolumeclaims");
  const { verb } = of.question;
  return verb === "update" || verb === "patch"
    ? needed(of, "persistentvolumeclaims")
    : no("can only get/update/patch this type");
}

/** Kubelets read their pods' accounts (for image credential providers) and ask for tokens of them. */
function serviceAccount(of: Case): Answer {
  const { verb, name, subresource } = of.question;
  if (verb === "get" && subresource === "") return needed(of, "serviceaccounts");
  if (verb !== "create" || name === "") return no("can only create tokens for individual service accounts");
  if (subresource !== "token") return no("can only create token subresource of serviceaccount");
  return needed(of, "serviceaccounts");
}

function nodeObject({ node, question }: Case): Answer {
  const { verb, name, subresource } = question;
  if (subresource === "status") return verb === "update" || verb === "patch" ? allow : no("");
  if (subresource !== "") return no("");
  // That a node writes only itself is the NodeRestriction admission plugin's business, which sees the object.
  if (verb === "create" || verb === "update" || verb === "patch") return allow;
  if (verb !== "get" && verb !== "list" && verb !== "watch") return no("");
  if (name === node) return allow;
  if (name === "") return no(`node '${node}' cannot read all nodes, only its own Node object`);
  return no(`node '${node}' cannot read '${name}', only its own Node object`);
}

function pod(of: Case): Answer | Promise<Answer> {
  const { verb, name, subresource } = of.question;
  if (subresource === "status") return verb === "update" || verb === "patch" ? allow : no("");
  if (subresource === "eviction") return verb === "create" ? allow : no("");
  if (subresource !== "") return no("");
  if (verb === "create" || verb === "delete") return allow;
  if (verb === "get") return ownPod(of);
  if (verb !== "list" && verb !== "watch") return no("");
  if (selects(of, "spec.nodeName")) return allow;
  return name === "" ? no("can only list/watch pods with spec.nodeName field selector") : ownPod(of);
}

function ownPod(of: Case): Answer | Promise<Answer> {
  const { namespace, name } = of.question;
  const found = name !== "" && of.graph.runs(of.node, namespace, name);
  return atOnce(found, (is) => related(of, is));
}

function resourceSlice(of: Case): Answer {
  const { verb, name, subresource } = of.question;
  if (subresource !== "") return no("cannot authorize ResourceSlice subresources");
  switch (verb) {
    case "create":
      return allow;
    case "get":
    case "update":
    case "patch":
    case "delete":
      return related(of, of.graph.owns(of.node, "resourceslices", name));
    case "watch":
    case "list":
    case "deletecollection":
      return selects(of, "spec.nodeName")
        ? allow
        : no("can only list/watch/deletecollection resourceslices with nodeName field selector");
    default:
      return no(
        "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
      );
  }
}

/** That a node asks only for its own pods is the NodeRestriction admission plugin's business, which sees the object. */
function podCertificateRequest(of: Case): Answer {
  const { verb, namespace, name, subresource } = of.question;
  if (subresource !== "") return no("nodes may not access the status subresource of PodCertificateRequests");
  switch (verb) {
    case "create":
      return allow;
    case "get":
      return related(of, of.graph.owns(of.node, "podcertificaterequests", joinKey(namespace, name)));
    case "list":
    case "watch":
      if (selects(of, "spec.nodeName")) return allow;
      return no("can only list/watch podcertificaterequests with nodeName field selector");
    default:
      return no("can only get, list, watch and create PodCertificateRequests");
  }
}

const OWN_OBJECT_VERBS = ["get", "create", "update", "patch", "delete"];

function csiNode({ node, question }: Case): Answer {
  if (!OWN_OBJECT_VERBS.includes(question.verb)) return no("can only get, create, update, patch, or delete a CSINode");
  if (question.subresource !== "") return no("cannot authorize CSINode subresources");
  if (question.verb === "create" || question.name === node) return allow;
  return no("can only access CSINode with the same name as the requesting node");
}

function lease({ node, question }: Case): Answer {
  if (!OWN_OBJECT_VERBS.includes(question.verb)) {
    return no("can only get, create, update, patch, or delete a node lease");
  }
  if (question.namespace !== "kube-node-lease") {
    return no('can only access leases in the "kube-node-lease" system namespace');
  }
  if (question.verb === "create" || question.name === node) return allow;
  return no("can only access node lease with the same name as the requesting node");
}

/** Whether the request asks only for what is on its own node. */
function selects({ node, question }: Case, field: string): boolean {
  if (!question.fieldSelector) return false;
  try {
    const terms = parseFieldSelector(question.fieldSelector);
    return terms.some((term) => term.field === field && term.operator === "=" && term.value === node);
  } catch {
    // A selector that cannot be read narrows nothing; the handler will say what is wrong with it.
    return false;
  }
}
