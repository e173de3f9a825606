import assert from "node:assert/strict";
import { test } from "node:test";
import { podKind } from "../../api/core/pod.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { isKnownFaultless, noteFaultless, seenOf } from "./alike.ts";
import { contentOf } from "./codec.ts";

interface Like {
  readonly podName?: string;
  readonly volume?: string;
  readonly mount?: string;
  readonly annotation?: string;
  readonly image?: string;
  readonly ephemeral?: boolean;
}

function pod({ podName = "a", volume = "bcdfg", mount = volume, annotation = "x", image = "i", ephemeral }: Like): Pod {
  const token = `kube-api-access-${volume}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: podName, annotations: { note: annotation } },
    spec: {
      containers: [{ name: "c", image, volumeMounts: [{ name: `kube-api-access-${mount}`, mountPath: "/t" }] }],
      volumes: [{ name: token, emptyDir: {} }, ...(ephemeral === true ? [{ name: "e", ephemeral: {} }] : [])],
    },
  };
}

const seen = (like: Like) => seenOf(podKind.likeness!(pod(like)), contentOf(pod(like)).text);

test("objects of one template are alike whatever they and their own volumes are called; all others are not", () => {
  const first = seen({});
  assert.ok(first !== undefined);
  noteFaultless(podKind, first);
  const cases: [Like, boolean][] = [
    [{}, true],
    [{ podName: "b", volume: "z2456" }, true],
    [{ image: "j" }, false],
    [{ annotation: "y" }, false],
    // What is told of a name is told of each.
    [{ podName: "a.b" }, false],
    // It mounts a volume that it does not have.
    [{ volume: "z2456", mount: "bcdfg" }, false],
    [{ mount: "\\u0000" }, false],
    // Nobody but its owner has given it that name, which may be wrong.
    [{ volume: "BCDFG" }, false],
  ];
  for (const [like, isAlike] of cases) {
    const facts = seen(like);
    assert.equal(facts !== undefined && isKnownFaultless(podKind, facts), isAlike, JSON.stringify(like));
  }
  assert.equal(seen({ ephemeral: true }), undefined);
});

test("the latest few are remembered", () => {
  const first = seen({ image: "first" })!;
  noteFaultless(podKind, first);
  for (let number = 0; number < 7; number++) noteFaultless(podKind, seen({ image: `image-${number}` })!);
  assert.ok(isKnownFaultless(podKind, first));
  noteFaultless(podKind, seen({ image: "one more" })!);
  assert.ok(!isKnownFaultless(podKind, first));
});
