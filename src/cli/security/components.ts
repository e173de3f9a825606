import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { configMaps } from "../../api/generated/resources.ts";
import { isRenewed } from "./certificate-age.ts";
import { decide, type LookedAt, manual, notHere, type SecurityCheck, undecided } from "./check.ts";
import { isOpen } from "./handshake.ts";

/** Ports on which upstream's components serve metrics and profiles. */
const PORTS = { "controller manager": 10257, scheduler: 10259 } as const;
const EMBEDDED = "the store is a file of this process: nobody can connect to it";

export const componentChecks: readonly SecurityCheck[] = [
  manual("1.3.1", "finished pods are collected", "upstream's default is kept: 12500 finished pods stay at most"),
  noPort("1.3.2", "controller manager", "profiling is off"),
  {
    id: "1.3.3",
    title: "controllers use service accounts of their own",
    remedy: "start the controllers from the program; they always do",
    look: (at) => {
      const names = [
        ...new Set(auditUsers(at).filter((user) => user.startsWith("system:serviceaccount:kube-system:"))),
      ];
      return decide(
        names.length > 1,
        names.length === 0 ? "none was seen in the audit log" : `${names.length} were seen`,
      );
    },
  },
  {
    id: "1.3.4",
    title: "the key of service account tokens is a file of the owner's alone",
    remedy: "chmod 600 sa.key in the folder pki of the data directory",
    look: (at) => {
      const mode = statSync(join(at.dataDirectory, "pki", "sa.key")).mode & 0o777;
      return decide(mode === 0o600, `sa.key ${mode.toString(8)}`);
    },
  },
  {
    id: "1.3.5",
    title: "pods are given the authority of the API server",
    remedy: "have the controllers run: they publish it as kube-root-ca.crt",
    async look(at) {
      const { data } = await at.client.get(configMaps, { name: "kube-root-ca.crt", namespace: "default" });
      const isTheirs = data?.["ca.crt"]?.includes(readFileSync(join(at.dataDirectory, "pki", "ca.crt"), "utf8").trim());
      return decide(isTheirs === true, "ConfigMap kube-root-ca.crt of default");
    },
  },
  {
    id: "1.3.6",
    title: "kubelets' serving certificates are renewed",
    remedy: "wherry certs renew",
    look: (at) => isRenewed(at, "kubelet"),
  },
  noPort("1.3.7", "controller manager", "it is bound to no address of this machine"),
  noPort("1.4.1", "scheduler", "profiling is off"),
  noPort("1.4.2", "scheduler", "it is bound to no address of this machine"),
  ofStore("1.2.23", "the API server shows the store a client certificate"),
  ofStore("1.2.26", "the API server knows the store's authority"),
  ofStore("2.1", "the store serves TLS"),
  ofStore("2.2", "the store's clients show certificates"),
  ofStore("2.3", "the store trusts no certificates of its own making"),
  ofStore("2.4", "the store's members speak TLS"),
  ofStore("2.5", "the store's members show certificates"),
  ofStore("2.6", "the store's members trust no certificates of their own making"),
  ofStore("2.7", "the store has an authority of its own"),
];

/** About the store's own doors, of which the embedded one has none. */
function ofStore(id: string, title: string): SecurityCheck {
  return {
    id,
    title,
    remedy: "the store is etcd, which somebody else runs: check it there",
    look: ({ dataDirectory }) =>
      existsSync(join(dataDirectory, "store", "store.db")) ? notHere(EMBEDDED) : undecided("the objects are in etcd"),
  };
}

/** Nothing listens where upstream's component would, but on the loopback. */
function noPort(id: string, part: keyof typeof PORTS, title: string): SecurityCheck {
  return {
    id,
    title: `${part}: ${title}`,
    remedy: `end what listens on port ${PORTS[part]}`,
    async look({ url }) {
      const host = url.hostname.replace(/^\[|\]$/g, "");
      const open = await isOpen({ host, port: PORTS[part] });
      const isOurs = open && host !== "127.0.0.1" && host !== "::1";
      return decide(!isOurs, open ? `port ${PORTS[part]} is open on ${host}` : `port ${PORTS[part]} is closed`);
    },
  };
}

function auditUsers(at: LookedAt): string[] {
  try {
    const text = readFileSync(join(at.dataDirectory, "audit", "audit.log"), "latin1");
    return [...text.matchAll(/"user":\{"username":"([^"]+)"/g)].map(([, name]) => name!);
  } catch {
    return [];
  }
}
