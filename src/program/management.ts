import { nodes } from "../api/generated/resources.ts";
import type { UserInfo } from "../apiserver/authn/authenticator.ts";
import { CommandError } from "../cli/command.ts";
import { Client } from "../client/client.ts";
import { type ClusterRanges, nodePodCidr } from "./cluster-ranges.ts";
import { type ComponentContext, type ControllerFacts, startControllers, startTheScheduler } from "./components.ts";
import { identities } from "./identities.ts";
import { startLed } from "./led.ts";
import type { Started } from "./stop.ts";

/**
 * Controllers and scheduler: at once where this is the only server, else on the one that is elected. Each joins `started` as soon
 * as it runs, or competes.
 */
export async function startManagement(
  context: ComponentContext,
  from: { controllers: ControllerFacts; isShared: boolean },
  started: Started[],
): Promise<void> {
  const { progress } = context.environment;
  const controllers = () => startControllers(context, from.controllers);
  const scheduler = () => startTheScheduler(context);
  if (!from.isShared) {
    started.push(await progress.step("controllers", controllers));
    started.push(await progress.step("scheduler", scheduler));
    return;
  }
  const led = (name: string, user: UserInfo, start: typeof controllers): Started => {
    const client = new Client(context.door({ user, userAgent: "leader-election" }));
    const log = context.environment.log.named(name);
    return startLed({ lease: `kube-${name}`, client, log, start }, context.environment);
  };
  started.push(led("controller-manager", identities.controllerManager, controllers));
  started.push(led("scheduler", identities.scheduler, scheduler));
}

/** @throws CommandError when another machine has the addresses that the node of this process would give its pods */
export async function requireFirstPodBlock(
  context: ComponentContext,
  of: { nodeName: string; facts: ClusterRanges },
): Promise<void> {
  const client = new Client(context.door({ user: identities.controllerManager, userAgent: "wherry" }));
  const podCidr = nodePodCidr(of.facts);
  const { items } = await client.list(nodes);
  const other = items.find(({ metadata, spec }) => metadata?.name !== of.nodeName && spec?.podCIDR === podCidr);
  if (other === undefined) return;
  throw new CommandError(
    `node ${other.metadata?.name} has ${podCidr}, the pods' addresses of a server's own node: start this server with --no-node, and the node with wherry agent`,
  );
}
