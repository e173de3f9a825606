import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { absent, failed, type LookedAt, notHere, type Outcome, passed, type SecurityCheck } from "./check.ts";

const OWNER_ONLY = "make it its owner's alone: chmod 600 for files, 700 for directories";
const OWNER = "give it to the user that runs the cluster (chown)";

/** Static pods and their files: this cluster's components are one program. */
const POD_SPECS = ["API server", "controller manager", "scheduler", "etcd"].flatMap((part, index) => [
  absent(`1.1.${index * 2 + 1}`, `${part} pod specification file: permissions 600`, "there are no static pods"),
  absent(`1.1.${index * 2 + 2}`, `${part} pod specification file: ownership root:root`, "there are no static pods"),
]);

export const fileChecks: readonly SecurityCheck[] = [
  ...POD_SPECS,
  absent(
    "1.1.9",
    "Container Network Interface files: permissions 600",
    "addresses of pods are in the data directory (1.1.11)",
  ),
  absent(
    "1.1.10",
    "Container Network Interface files: ownership root:root",
    "addresses of pods are in the data directory (1.1.12)",
  ),
  modes("1.1.11", "store data directory: permissions 700", (at) => [join(at.dataDirectory, "store"), at.dataDirectory]),
  owners("1.1.12", "store data directory: ownership", (at) => [join(at.dataDirectory, "store"), at.dataDirectory]),
  modes("1.1.13", "administrator's kubeconfig: permissions 600", (at) => [at.state.kubeconfig]),
  owners("1.1.14", "administrator's kubeconfig: ownership", (at) => [at.state.kubeconfig]),
  modes("1.1.15", "scheduler.kubeconfig: permissions 600", (at) => [join(at.dataDirectory, "scheduler.kubeconfig")]),
  owners("1.1.16", "scheduler.kubeconfig: ownership", (at) => [join(at.dataDirectory, "scheduler.kubeconfig")]),
  modes("1.1.17", "controller-manager.kubeconfig: permissions 600", (at) => [
    join(at.dataDirectory, "controller-manager.kubeconfig"),
  ]),
  owners("1.1.18", "controller-manager.kubeconfig: ownership", (at) => [
    join(at.dataDirectory, "controller-manager.kubeconfig"),
  ]),
  owners("1.1.19", "PKI directory and files: ownership", (at) => [pki(at), ...below(pki(at))]),
  modes("1.1.20", "PKI certificate files: permissions 600", (at) =>
    below(pki(at)).filter((file) => /\.(crt|pub)$/.test(file)),
  ),
  modes("1.1.21", "PKI key files: permissions 600", (at) => [
    pki(at),
    ...below(pki(at)).filter((file) => !/\.(crt|pub)$/.test(file)),
  ]),
  absent("4.1.1", "kubelet service file: permissions 600", "the kubelet is part of the program"),
  absent("4.1.2", "kubelet service file: ownership root:root", "the kubelet is part of the program"),
  modes("4.1.3", "proxy.kubeconfig: permissions 600", (at) => [join(at.dataDirectory, "proxy.kubeconfig")]),
  owners("4.1.4", "proxy.kubeconfig: ownership", (at) => [join(at.dataDirectory, "proxy.kubeconfig")]),
  modes("4.1.5", "kubelet.kubeconfig: permissions 600", (at) => [join(at.dataDirectory, "kubelet.kubeconfig")]),
  owners("4.1.6", "kubelet.kubeconfig: ownership", (at) => [join(at.dataDirectory, "kubelet.kubeconfig")]),
  modes("4.1.7", "certificate authorities file: permissions 644 or less", (at) => [join(pki(at), "ca.crt")]),
  owners("4.1.8", "client certificate authorities file: ownership", (at) => [join(pki(at), "ca.crt")]),
  absent("4.1.9", "kubelet configuration file: permissions 600", "the kubelet has no configuration file"),
  absent("4.1.10", "kubelet configuration file: ownership root:root", "the kubelet has no configuration file"),
];

function modes(id: string, title: string, files: (at: LookedAt) => string[]): SecurityCheck {
  return { id, title, remedy: OWNER_ONLY, look: (at) => modesOf(files(at)) };
}

function owners(id: string, title: string, files: (at: LookedAt) => string[]): SecurityCheck {
  return { id, title, remedy: OWNER, look: (at) => ownersOf(files(at), at.state.pid) };
}

/** Nothing of it is open to the group or to others. */
function modesOf(files: readonly string[]): Outcome {
  const there = files.flatMap((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ file, mode: stat.mode & 0o777 }];
  });
  if (there.length === 0) return notHere(`there is no ${files[0]}`);
  const open = there.filter(({ mode }) => (mode & 0o077) !== 0);
  const text = ({ file, mode }: { file: string; mode: number }): string => `${file} ${mode.toString(8)}`;
  return open.length === 0
    ? passed(there.length === 1 ? text(there[0]!) : `${there.length} files, none open to others`)
    : failed(open.map(text).join(", "));
}

/** All belong to root, or to the user whose process runs the cluster. */
function ownersOf(files: readonly string[], pid: number): Outcome {
  const user = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? process.getuid?.() ?? 0;
  const there = files.flatMap((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ file, uid: stat.uid }];
  });
  if (there.length === 0) return notHere(`there is no ${files[0]}`);
  const others = there.filter(({ uid }) => uid !== 0 && uid !== user);
  return others.length === 0
    ? passed(`owned by user ${user}`)
    : failed(others.map(({ file, uid }) => `${file} belongs to user ${uid}`).join(", "));
}

function pki(at: LookedAt): string {
  return join(at.dataDirectory, "pki");
}

function below(directory: string): string[] {
  return readdirSync(directory).map((file) => join(directory, file));
}
