import { VirtualClock } from "../../base/virtual-clock.ts";
import { storeConformance } from "../conformance.ts";
import { createMemoryStore } from "./memory-store.ts";

storeConformance(
  "the memory engine",
  async () => {
    const clock = new VirtualClock();
    const store = createMemoryStore({ clock });
    return { store, passSeconds: (seconds) => clock.advance(seconds * 1000), dispose: () => store.close() };
  },
  { isDurable: false },
);
