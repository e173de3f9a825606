import type { KindDefinition } from "../api/kind.ts";
import type { Schema } from "../api/schema.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { SpanRing } from "../base/trace.ts";
import type { Transport } from "../client/transport.ts";
import type { Store } from "../store/store.ts";
import type { AdmissionPlugin } from "./admission/admission.ts";
import { admissionChain } from "./admission/chain.ts";
import type { Authenticator, UserInfo } from "./authn/authenticator.ts";
import type { Authorizer } from "./authz/authorizer.ts";
import { StoreFeed } from "./cache/store-feed.ts";
import { cacheReader } from "./cache-reader.ts";
import { chain, type Handler } from "./exchange.ts";
import { authenticationFilter } from "./filters/authentication.ts";
import { authorizationFilter } from "./filters/authorization.ts";
import { errorsFilter } from "./filters/errors.ts";
import { impersonationFilter } from "./filters/impersonation.ts";
import { traceFilter } from "./filters/trace.ts";
import { dispatcher, type PathHandler, type VirtualHandler } from "./handlers/dispatch.ts";
import { inProcessTransport } from "./in-process-transport.ts";
import type { ObjectReader } from "./reader.ts";
import { createResourceTable, type ResourceTable } from "./registry/resource-table.ts";
import { STORAGE_ROOT } from "./registry/storage-prefix.ts";
import { eventStrategy } from "./registry/strategies/event.ts";
import { namespaceStrategy } from "./registry/strategies/namespace.ts";
import { podStrategy } from "./registry/strategies/pod.ts";
import { serviceStrategy } from "./registry/strategies/service.ts";
import type { Strategy } from "./registry/strategy.ts";
import type { Subresource } from "./subresources/subresource.ts";
import { subresourceTable } from "./subresources/table.ts";

/** What the door is made of; everything that decides comes from outside, so that tests and programs choose. */
export interface ApiServerOptions {
  readonly store: Store;
  readonly schema: Schema;
  readonly kinds: readonly KindDefinition[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly spans: SpanRing;
  /** Range of the Services' cluster addresses, e.g. `10.96.0.0/16`. */
  readonly serviceCidr: string;
  /** Made when the server's own reader is there. */
  readonly security: (reader: ObjectReader) => Security;
}

export interface Security {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly admission: readonly AdmissionPlugin[];
  readonly virtual: Readonly<Record<string, VirtualHandler>>;
  readonly subresources: Readonly<Record<string, Subresource>>;
  readonly paths: readonly PathHandler[];
}

/** A running API server without a network: the edge and in-process transports are put before its handler. */
export interface ApiServer {
  readonly handler: Handler;
  readonly reader: ObjectReader;
  readonly table: ResourceTable;
  /** A transport for a component of this process, with its own identity. */
  transport(identity: { user: UserInfo; userAgent: string }): Transport;
  /** Stops following the store. Idempotent. */
  close(): Promise<void>;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, random, log } = options;
  const stopping = new AbortController();
  const feed = new StoreFeed({ store, root: STORAGE_ROOT, clock, log: log.named("cache") });
  const reader = cacheReader(() => table);
  const security = options.security(reader);
  const table = createResourceTable({
    schema: options.schema,
    kinds: options.kinds,
    store,
    feed,
    admission: admissionChain(security.admission),
    strategies: strategies(options, reader),
  });
  const following = feed.run(stopping.signal);
  const handler = chain(
    [
      traceFilter(options.spans),
      errorsFilter(log.named("apiserver")),
      authenticationFilter(security.authenticator, log.named("authentication")),
      impersonationFilter(security.authorizer),
      authorizationFilter(security.authorizer),
    ],
    dispatcher({
      table,
      subresources: { ...subresourceTable({ reader, table: () => table }), ...security.subresources },
      virtual: security.virtual,
      paths: security.paths,
      environment: { clock, random },
    }),
  );
  return {
    handler,
    reader,
    table,
    transport: (identity) => inProcessTransport(handler, identity),
    async close() {
      stopping.abort();
      await following;
    },
  };
}

/** The kinds that need more than data, in one table. */
function strategies(options: ApiServerOptions, reader: ObjectReader): Record<string, Strategy> {
  return {
    "/pods": podStrategy,
    "/namespaces": namespaceStrategy,
    "/events": eventStrategy,
    "/services": serviceStrategy({ reader, serviceCidr: options.serviceCidr, random: options.random }),
    "coordination.k8s.io/leases": { createOnUpdate: true },
    "/nodes": { createOnUpdate: true },
    "/endpoints": { createOnUpdate: true },
    "rbac.authorization.k8s.io/roles": { createOnUpdate: true },
    "rbac.authorization.k8s.io/rolebindings": { createOnUpdate: true },
    "rbac.authorization.k8s.io/clusterroles": { createOnUpdate: true },
    "rbac.authorization.k8s.io/clusterrolebindings": { createOnUpdate: true },
  };
}
