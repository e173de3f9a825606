import { open } from "node:fs/promises";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { StoreUnavailableError } from "../store.ts";
import { Connection } from "./connection.ts";
import { type EtcdAddress, endpointTargets } from "./endpoint.ts";
import { EtcdError } from "./errors.ts";

/**
 * Writes a running etcd's database, as of one revision, into a new file that only its owner can read (`etcdctl snapshot
 * save`). etcd puts the SHA-256 of it at its end.
 * @throws EtcdAddressError, StoreUnavailableError; then there may be a part of the file
 */
export async function saveEtcdSnapshot(
  path: string,
  address: EtcdAddress,
  by: { clock: Clock; random: Random; log: Logger },
): Promise<void> {
  const endpoints = endpointTargets(address);
  const connection = await Connection.open({ ...by, endpoints });
  try {
    await connection.checkMembers();
    const { member } = await connection.member();
    const file = await open(path, "wx", 0o600);
    try {
      for await (const { blob } of member.openSnapshot()) await file.writeFile(blob);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof EtcdError) throw new StoreUnavailableError(error.message);
    throw new StoreUnavailableError(`the snapshot of etcd is not whole: ${errorMessage(error)}`, { cause: error });
  } finally {
    connection.close();
  }
}
