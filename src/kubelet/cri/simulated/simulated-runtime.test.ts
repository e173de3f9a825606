import { systemClock } from "../../../base/clock.ts";
import { seededRandom } from "../../../base/random.ts";
import { runtimeConformance } from "../conformance.ts";
import { createSimulatedRuntime } from "./simulated-runtime.ts";

runtimeConformance("simulated", async () => {
  const runtime = createSimulatedRuntime({
    clock: systemClock,
    random: seededRandom(7),
    rules: {
      stopSandboxMs: 1,
      createContainerMs: 1,
      sandbox: () => ({ durationMs: 1 }),
      pull: (image) =>
        image.startsWith("missing")
          ? { durationMs: 1, error: `${image}: not found` }
          : { durationMs: 1, sizeBytes: 1000 },
      behave: ({ command }) =>
        command[0] === "exit"
          ? { startMs: 1, exit: { afterMs: 2, code: Number(command[1]) } }
          : command[0] === "impossible"
            ? { startMs: 1, startError: "no such file" }
            : { startMs: 1, onTerm: { afterMs: 1, code: 0 } },
      exec: (_, [word, argument = ""]) => ({ exitCode: word === "exit" ? Number(argument) : 0, output: argument }),
    },
  });
  await runtime.images.pullImage("present:1");
  return {
    runtime,
    image: "present:1",
    missingImage: "missing:1",
    commands: {
      forever: ["forever"],
      exit: (code) => ["exit", String(code)],
      echo: (text) => ["echo", text],
      impossible: ["impossible"],
    },
    cgroupParent: "/conformance",
    logDirectory: "/nowhere",
    close: () => runtime.close(),
  };
});
