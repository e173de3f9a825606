import { certificateSigner } from "../controllers/certificate-signing/sign.ts";
import { nodeIpamController } from "../controllers/node-ipam/reconcile.ts";
import type { ControllerFactory } from "../controllers/reconciler.ts";
import { rootCaController } from "../controllers/root-ca/reconcile.ts";
import { runControllers } from "../controllers/runner.ts";
import { controllerTable } from "../controllers/table.ts";
import { startScheduler } from "../scheduler/scheduler.ts";
import type { AuthoritySource } from "./authority-source.ts";
import { authoritySigner } from "./certificate-authority.ts";
import { type Component, createComponent, type Door } from "./component.ts";
import type { Environment } from "./environment.ts";
import { CONTROLLER_ACCOUNTS, EVENT_SOURCES, identities, serviceAccount } from "./identities.ts";

const MANAGER = "kube-controller-manager";

/** A part that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

export interface ComponentContext {
  readonly door: Door;
  readonly environment: Environment;
}

/** What controllers need of the cluster besides objects. */
export interface ControllerFacts {
  readonly clusterCidr: string;
  readonly authority: AuthoritySource;
}

/**
 * All controllers. They see the cluster through one set of informers, as the controller manager, and each writes as its own
 * service account, with its own few rights (kube-controller-manager --use-service-account-credentials).
 */
export async function startControllers(context: ComponentContext, facts: ControllerFacts): Promise<Running> {
  const stopping = new AbortController();
  const { log, spans } = context.environment;
  const shared = createComponent({ name: MANAGER, user: identities.controllerManager }, context);
  const writers: Component[] = [];
  const controllers = runControllers({
    factories: {
      ...controllerTable,
      "node-ipam-controller": nodeIpamController({ clusterCidr: facts.clusterCidr, nodePrefixLength: 24 }),
      "root-ca-certificate-publisher-controller": rootCaController({
        pem: () => facts.authority.current().trusted,
        onChange: facts.authority.onChange,
      }),
      ...signingControllers(facts, context.environment),
    },
    dependenciesFor(name) {
      const writer = createComponent(
        {
          name: EVENT_SOURCES[name] ?? name,
          user: serviceAccount(CONTROLLER_ACCOUNTS[name] ?? name),
          program: MANAGER,
        },
        context,
      );
      writers.push(writer);
      return { ...writer, informers: shared.informers };
    },
    signal: stopping.signal,
    log: log.named("controllers"),
    spans,
  });
  await controllers.started;
  return {
    async stop() {
      stopping.abort();
      await controllers.stopped;
      await Promise.all([shared, ...writers].map((component) => component.close()));
    },
  };
}

function signingControllers(
  { authority }: ControllerFacts,
  environment: Environment,
): Record<string, ControllerFactory> {
  if (!authority.current().key) return {};
  const sign = authoritySigner(() => authority.current(), environment);
  return { "certificatesigningrequest-signing-controller": certificateSigner(sign) };
}

export async function startTheScheduler(context: ComponentContext): Promise<Running> {
  const stopping = new AbortController();
  const component = createComponent(
    { name: "default-scheduler", user: identities.scheduler, program: "kube-scheduler" },
    context,
  );
  const { stopped } = await startScheduler({ ...component, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      await stopped;
      await component.close();
    },
  };
}
