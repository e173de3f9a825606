import { runControllers } from "../controllers/runner.ts";
import { controllerTable } from "../controllers/table.ts";
import { startScheduler } from "../scheduler/scheduler.ts";
import { type Component, createComponent, type Door } from "./component.ts";
import type { Environment } from "./environment.ts";
import { identities, serviceAccount } from "./identities.ts";

/** A part that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

export interface ComponentContext {
  readonly door: Door;
  readonly host: string;
  readonly environment: Environment;
}

/** All controllers, each as its own service account. */
export async function startControllers(context: ComponentContext): Promise<Running> {
  const stopping = new AbortController();
  const components: Component[] = [];
  const { log, spans } = context.environment;
  const controllers = runControllers({
    factories: controllerTable,
    dependenciesFor(name) {
      const component = createComponent(name, serviceAccount(name), context);
      components.push(component);
      return component;
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
      await Promise.all(components.map((component) => component.close()));
    },
  };
}

export async function startTheScheduler(context: ComponentContext): Promise<Running> {
  const stopping = new AbortController();
  const component = createComponent("default-scheduler", identities.scheduler, context);
  const { stopped } = await startScheduler({ ...component, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      await stopped;
      await component.close();
    },
  };
}
