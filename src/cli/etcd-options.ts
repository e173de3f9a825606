import { resolve } from "node:path";
import type { EtcdAccess } from "./choices.ts";
import { CommandError, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";

/** Options for API servers that share an etcd cluster, named as kube-apiserver's. */
export const etcdOptions = grouped("Objects in etcd", {
  "etcd-servers": {
    type: "string",
    value: "URL,…",
    description: "keep objects in this etcd, which several servers share",
  },
  "etcd-cafile": { type: "string", value: "FILE", description: "authority of etcd's certificates" },
  "etcd-certfile": { type: "string", value: "FILE", description: "certificate to show to etcd" },
  "etcd-keyfile": { type: "string", value: "FILE", description: "key of that certificate" },
  "etcd-prefix": { type: "string", value: "PATH", description: "where in etcd the objects are", default: "/registry" },
  "pki-dir": {
    type: "string",
    value: "DIR",
    description: "authorities and keys of the cluster, copied from the folder pki of its first server",
  },
});

/** What the command line says of etcd; undefined when objects are kept in the data directory. @throws CommandError (2) */
export function etcdOf(invocation: Invocation): EtcdAccess | undefined {
  const file = (name: string): string | undefined => {
    const path = text(invocation, name);
    return path === undefined ? undefined : resolve(path);
  };
  for (const name of ["etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile"]) {
    // As a script has it whose variable is not set: it does not mean to keep objects elsewhere.
    if (invocation.options[name] === "") throw new CommandError(`--${name} is empty: say where, or leave it out`, 2);
  }
  const servers = text(invocation, "etcd-servers");
  if (servers === undefined) {
    const lonely = ["etcd-cafile", "etcd-certfile", "etcd-keyfile"].find(
      (name) => text(invocation, name) !== undefined,
    );
    if (lonely !== undefined) throw new CommandError(`--${lonely} is for an etcd that --etcd-servers names`, 2);
    return undefined;
  }
  const said = text(invocation, "etcd-prefix") ?? "/registry";
  const prefix = said.startsWith("/") ? said : `/${said}`;
  if (!/^(\/[^/\0]+)+\/?$/.test(prefix)) {
    throw new CommandError(`--etcd-prefix is a path such as /registry, not "${said}"`, 2);
  }
  return {
    servers: servers.split(",").filter((server) => server.trim() !== ""),
    prefix: prefix.replace(/\/$/, ""),
    authorityFile: file("etcd-cafile"),
    certificateFile: file("etcd-certfile"),
    keyFile: file("etcd-keyfile"),
  };
}

/** Where the cluster's keys are copied from; undefined when the data directory has them, or makes them. */
export function pkiDirectoryOf(invocation: Invocation): string | undefined {
  const directory = text(invocation, "pki-dir");
  return directory === undefined ? undefined : resolve(directory);
}
