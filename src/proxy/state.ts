import { staleFlows, type UdpFlows, udpFlows } from "./conntrack.ts";
import { localEndpoints } from "./endpoints.ts";
import type { FrameOptions } from "./frame.ts";
import { frameFragment } from "./frame.ts";
import type { LocalEndpoints } from "./health-check.ts";
import type { HostPortPod, NodeFacts, ServiceFacts, SliceFacts } from "./model.ts";
import { planHostPorts, planService } from "./plan.ts";
import { type Fragment, mergeFragments, type Ruleset } from "./ruleset.ts";

/** What the proxy reads of the cluster. */
export interface Facts {
  service(key: string): ServiceFacts | undefined;
  slices(serviceKey: string): readonly SliceFacts[];
  hostPortPod(key: string): HostPortPod | undefined;
  node(): NodeFacts;
}

const NO_FLOWS: UdpFlows = new Map();

/** The rules of all services, kept up to date a service at a time. Does no input or output. */
export class ProxyState {
  readonly #facts: Facts;
  #frame: Fragment;
  readonly #services = new Map<string, Fragment>();
  readonly #pods = new Map<string, Fragment>();
  readonly #health = new Map<string, { port: number; endpoints: LocalEndpoints }>();
  readonly #flows = new Map<string, UdpFlows>();
  #stale: string[][] = [];

  constructor(facts: Facts, frame: FrameOptions) {
    this.#facts = facts;
    this.#frame = frameFragment(frame);
  }

  setFrame(frame: FrameOptions): void {
    this.#frame = frameFragment(frame);
  }

  /** Plans a service anew, which may be gone. */
  updateService(key: string): void {
    const service = this.#facts.service(key);
    const context = { slices: this.#facts.slices(key), node: this.#facts.node() };
    if (service === undefined) this.#services.delete(key);
    else this.#services.set(key, planService(service, context));
    if (service?.healthCheckPort === undefined) this.#health.delete(key);
    else {
      const endpoints = { serviceKey: key, count: localEndpoints(service, context) };
      this.#health.set(key, { port: service.healthCheckPort, endpoints });
    }
    const flows = udpFlows(service, context);
    const before = this.#flows.get(key) ?? NO_FLOWS;
    if (flows.size > 0 || before.size > 0) this.#stale.push(...staleFlows(before, flows));
    if (flows.size > 0) this.#flows.set(key, flows);
    else this.#flows.delete(key);
  }

  /** Plans the host ports of a pod of this node anew. */
  updatePod(key: string): void {
    const pod = this.#facts.hostPortPod(key);
    if (pod === undefined) this.#pods.delete(key);
    else this.#pods.set(key, planHostPorts(pod));
  }

  ruleset(): Ruleset {
    return mergeFragments([this.#frame, ...this.#services.values(), ...this.#pods.values()]);
  }

  /** What load balancers may ask about, by port. */
  healthChecks(): Map<number, LocalEndpoints> {
    return new Map([...this.#health.values()].map(({ port, endpoints }) => [port, endpoints]));
  }

  /** Parameters of the `conntrack` calls that the updates since the last call ask for. */
  takeStaleFlows(): string[][] {
    const found = this.#stale;
    this.#stale = [];
    return found;
  }
}
