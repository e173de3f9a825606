import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { Deployment, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { maxSurge, maxUnavailable } from "./arithmetic.ts";
import { buildDeployment, NOW_MS } from "./deployment-builders.ts";
import { planDeployment } from "./plan.ts";
import { replicasOf, statusSum, totalReplicas, wantedReplicas } from "./replica-sets.ts";
import { isComplete } from "./status.ts";

/** A cluster of one deployment, played step by step: the plan is carried out, then some pods come up and all surplus ones go. */
interface World {
  deployment: Deployment;
  sets: ReplicaSet[];
}

function carryOut(world: World, step: number): void {
  const { deployment } = world;
  const plan = planDeployment({ ...world, podsOf: () => [], nowMs: NOW_MS + step * 1000 });
  const byName = new Map(plan.update.map((set) => [set.metadata?.name, set]));
  world.sets = world.sets
    .filter((set) => !plan.delete.includes(set))
    .map((set) => byName.get(set.metadata?.name) ?? set);
  if (plan.create !== undefined) {
    const creationTimestamp = new Date(NOW_MS + step * 1000).toISOString();
    world.sets.push({ ...plan.create, metadata: { ...plan.create.metadata, uid: `uid-${step}`, creationTimestamp } });
  }
  world.deployment = { ...deployment, status: plan.status };
}

/** Surplus pods vanish, missing ones appear, and up to `count` of those that are not available become so. */
function letPodsComeUp(world: World, count: number): void {
  let left = count;
  world.sets = world.sets.map((set) => {
    const replicas = replicasOf(set);
    const before = Math.min(set.status?.availableReplicas ?? 0, replicas);
    const more = Math.min(left, replicas - before);
    left -= more;
    const available = before + more;
    return {
      ...set,
      status: { replicas, readyReplicas: available, availableReplicas: available, terminatingReplicas: 0 },
    };
  });
}

const share = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);

it("rolls out any deployment within maxSurge and maxUnavailable, to the end", () => {
  fc.assert(
    fc.property(
      fc.record({ replicas: fc.integer({ min: 0, max: 20 }), surge: share, unavailable: share }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 10 }),
      ({ replicas, surge, unavailable }, speeds) => {
        const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } };
        const world: World = { deployment: buildDeployment("1", replicas, { strategy }), sets: [] };
        let step = 0;
        const settle = (check: () => void): void => {
          for (const until = step + 200; step < until; step++) {
            carryOut(world, step);
            check();
            letPodsComeUp(world, speeds[step % speeds.length]!);
            if (isComplete(world.deployment, world.deployment.status) && totalReplicas(world.sets) === replicas) return;
          }
          assert.fail(`no end: ${JSON.stringify(world.sets.map((set) => [replicasOf(set), set.status]))}`);
        };
        settle(() => {});
        for (const version of ["2", "3"]) {
          world.deployment = {
            ...buildDeployment(version, replicas, { strategy }),
            metadata: { ...world.deployment.metadata, generation: Number(version) },
            status: world.deployment.status,
          };
          settle(() => {
            const { deployment, sets } = world;
            const limit = wantedReplicas(deployment) + maxSurge(deployment);
            assert.ok(totalReplicas(sets) <= limit, `${totalReplicas(sets)} pods, at most ${limit}`);
            const kept = sets.reduce(
              (sum, set) => sum + Math.min(replicasOf(set), set.status?.availableReplicas ?? 0),
              0,
            );
            const least = wantedReplicas(deployment) - maxUnavailable(deployment);
            assert.ok(kept >= least, `${kept} available pods kept, at least ${least}`);
          });
          assert.equal(statusSum(world.sets, "availableReplicas"), replicas);
        }
      },
    ),
    { numRuns: 200, seed: 7 },
  );
});
