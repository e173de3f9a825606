import { present } from "../base/assert.ts";
import { signingKey, signToken } from "../base/json-web-token.ts";
import { certificateSigner } from "../controllers/certificate-signing/sign.ts";
import { nodeIpamController } from "../controllers/node-ipam/reconcile.ts";
import type { ControllerFactory } from "../controllers/reconciler.ts";
import { rootCaController } from "../controllers/root-ca/reconcile.ts";
import { runControllers } from "../controllers/runner.ts";
import { serviceAccountTokenController } from "../controllers/serviceaccount-token/reconcile.ts";
import { controllerTable } from "../controllers/table.ts";
import { trustBundlePublisher } from "../controllers/trust-bundle-publisher/reconcile.ts";
import { startScheduler } from "../scheduler/scheduler.ts";
import type { AuthoritySource } from "./authority-source.ts";
import { authoritySigner } from "./certificate-authority.ts";
import type { ClusterRanges } from "./cluster-ranges.ts";
import { type Component, createComponent, type Door } from "./component.ts";
import type { Environment } from "./environment.ts";
import { CONTROLLER_ACCOUNTS, EVENT_SOURCES, identities, serviceAccount } from "./identities.ts";

/** As upstream it acts as the controller manager itself: accounts of their own come to be through it. */
const TOKENS = "serviceaccount-token-controller";
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
  readonly ranges: ClusterRanges;
  readonly authority: AuthoritySource;
  /** PEM of the key that signs service account tokens, where it is known: Secrets are filled with tokens by it. */
  readonly serviceAccountKey?: (() => string | undefined) | undefined;
}

/**
 * All controllers. They see the cluster through one set of informers, as the controller manager, and each writes as its own
 * service account, with its own few rights (kube-controller-manager --use-service-account-credentials).
 */
export async function startControllers(context: ComponentContext, facts: ControllerFacts): Promise<Running> {
  const stopping = new AbortController();
  const { log, spans, metrics } = context.environment;
  const shared = createComponent({ name: MANAGER, user: identities.controllerManager }, context);
  const writers: Component[] = [];
  const { clusterCidr, nodeCidrMaskSize } = facts.ranges;
  const rootCa = { pem: () => facts.authority.current().trusted, onChange: facts.authority.onChange };
  const controllers = runControllers({
    factories: {
      ...controllerTable,
      "node-ipam-controller": nodeIpamController({ clusterCidr, nodePrefixLength: nodeCidrMaskSize }),
      "root-ca-certificate-publisher-controller": rootCaController(rootCa),
      "kube-apiserver-serving-clustertrustbundle-publisher-controller": trustBundlePublisher(rootCa),
      ...signingControllers(facts, context.environment),
      ...tokenControllers(facts),
    },
    dependenciesFor(name) {
      const writer = createComponent(
        {
          name: EVENT_SOURCES[name] ?? name,
          user: name === TOKENS ? identities.controllerManager : serviceAccount(CONTROLLER_ACCOUNTS[name] ?? name),
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
    metrics,
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

function tokenControllers({ authority, serviceAccountKey }: ControllerFacts): Record<string, ControllerFactory> {
  if (serviceAccountKey?.() === undefined) return {};
  const world = () => {
    const key = signingKey(present(serviceAccountKey(), "the key of service account tokens"));
    return { authority: authority.current().trusted, sign: (claims: object) => signToken(claims, key) };
  };
  return { [TOKENS]: serviceAccountTokenController(world) };
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
  const { stopped } = await startScheduler({
    ...component,
    metrics: context.environment.metrics,
    signal: stopping.signal,
  });
  return {
    async stop() {
      stopping.abort();
      await stopped;
      await component.close();
    },
  };
}
