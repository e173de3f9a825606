/** Hands out the addresses of an IPv4 range, the next free one each time, as host-local does. */
export interface AddressPool {
  take(): string;
  give(address: string): void;
}

/** @param cidr e.g. `10.244.0.0/24`; its first address is the gateway's. @throws RangeError when none is left */
export function createAddressPool(cidr: string): AddressPool {
  const [base = "", prefix = "24"] = cidr.split("/");
  const first = base.split(".").reduce((number, part) => number * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  const used = new Set<number>();
  let last = 1;
  return {
    take() {
      for (let step = 1; step <= size; step++) {
        const candidate = ((last + step - 1) % size) + 1;
        if (candidate < 2 || candidate >= size - 1 || used.has(candidate)) continue;
        used.add(candidate);
        last = candidate;
        return text(first + candidate);
      }
      throw new RangeError(`no address is left in ${cidr}`);
    },
    give(address) {
      used.delete(address.split(".").reduce((number, part) => number * 256 + Number(part), 0) - first);
    },
  };
}

function text(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
