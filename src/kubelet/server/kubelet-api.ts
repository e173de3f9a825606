import type { KubeletHandle } from "../handle.ts";

/** What the node's server needs of the kubelet. */
export type KubeletApi = Pick<
  KubeletHandle,
  | "nodeName"
  | "pods"
  | "health"
  | "exec"
  | "attach"
  | "portForward"
  | "run"
  | "log"
  | "containerStats"
  | "imageFilesystems"
>;
