import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded-store.ts";
import { timed } from "../timed.ts";

/** A fresh process that opens a store, as a restart does, and prints what it measured as JSON. */
const [directory = ""] = process.argv.slice(2);
const residentBefore = process.memoryUsage().rss;
const opened = await timed(() => openEmbeddedStore({ directory, clock: systemClock, log: silentLogger }));
const listed = await timed(() => opened.value.list({ prefix: "/registry/pods/" }));
const firstWrite = await timed(() => opened.value.create("/first", Buffer.from("x")));
const valueBytes = listed.value.items.reduce((sum, item) => sum + item.value.length, 0);
const measurements = {
  open_100000_ms: opened.durationMs,
  list_100000_ms: listed.durationMs,
  first_write_ms: firstWrite.durationMs,
  resident_to_json_ratio: (process.memoryUsage().rss - residentBefore) / valueBytes,
};
process.stdout.write(JSON.stringify(measurements));
await opened.value.close();
