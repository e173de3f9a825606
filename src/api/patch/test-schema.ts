import type { Schema } from "../schema.ts";

/** A piece of the real schema, small enough to read: what the patch tests need of pods and deployments. */
export const testSchema: Schema = {
  resources: [],
  definitions: {
    Meta: {
      fields: {
        name: { type: "string" },
        labels: { type: "string", container: "map" },
        annotations: { type: "string", container: "map" },
        finalizers: { type: "string", container: "list", patchStrategy: "merge", listType: "set" },
      },
    },
    Deployment: {
      fields: {
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: { ref: "Meta" },
        spec: { ref: "DeploymentSpec" },
        status: { ref: "DeploymentStatus" },
      },
    },
    DeploymentSpec: {
      fields: {
        replicas: { type: "integer" },
        strategy: { ref: "Strategy", patchStrategy: "retainKeys" },
        template: { ref: "Template" },
        selector: { ref: "Selector" },
      },
    },
    DeploymentStatus: { fields: { readyReplicas: { type: "integer" } } },
    Selector: { fields: { matchLabels: { type: "string", container: "map", mapType: "atomic" } } },
    Strategy: { fields: { type: { type: "string" }, rollingUpdate: { ref: "Rolling" } } },
    Rolling: { fields: { maxSurge: { ref: "IntOrString" } } },
    IntOrString: { special: "intOrString", fields: {} },
    Template: { fields: { metadata: { ref: "Meta" }, spec: { ref: "PodSpec" } } },
    PodSpec: {
      fields: {
        containers: {
          ref: "Container",
          container: "list",
          patchStrategy: "merge",
          patchMergeKey: "name",
          listType: "map",
          listMapKeys: ["name"],
        },
        nodeSelector: { type: "string", container: "map", mapType: "atomic" },
        tolerations: { ref: "Toleration", container: "list", listType: "atomic" },
      },
    },
    Toleration: { fields: { key: { type: "string" }, operator: { type: "string" } } },
    Container: {
      fields: {
        name: { type: "string", required: true },
        image: { type: "string" },
        args: { type: "string", container: "list", listType: "atomic" },
        ports: {
          ref: "Port",
          container: "list",
          patchStrategy: "merge",
          patchMergeKey: "containerPort",
          listType: "map",
          listMapKeys: ["containerPort", "protocol"],
        },
        env: {
          ref: "Env",
          container: "list",
          patchStrategy: "merge",
          patchMergeKey: "name",
          listType: "map",
          listMapKeys: ["name"],
        },
      },
    },
    Port: { fields: { containerPort: { type: "integer" }, protocol: { type: "string" }, name: { type: "string" } } },
    Env: { fields: { name: { type: "string" }, value: { type: "string" } } },
  },
};
