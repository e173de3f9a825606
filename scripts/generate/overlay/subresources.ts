/** Kinds of the options that connect subresources take from the query; the OpenAPI operations do not name them. */
export const connectKinds: Readonly<Record<string, string>> = {
  "nodes/proxy": "NodeProxyOptions",
  "pods/attach": "PodAttachOptions",
  "pods/exec": "PodExecOptions",
  "pods/portforward": "PodPortForwardOptions",
  "pods/proxy": "PodProxyOptions",
  "services/proxy": "ServiceProxyOptions",
};

/** Verbs whose parameters the OpenAPI document has although the server does not serve them. */
export const unservedVerbs: Readonly<Record<string, readonly string[]>> = { componentstatuses: ["watch"] };
