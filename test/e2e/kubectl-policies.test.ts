import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { ValidatingAdmissionPolicy } from "../../src/api/generated/admissionregistration.k8s.io/v1.ts";
import type { Deployment } from "../../src/api/generated/apps/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";

const GROUP = "admissionregistration.k8s.io";
const onDeployments = {
  resourceRules: [
    { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["deployments"] },
  ],
};
const object = (kind: string, name: string, spec: object) => ({
  apiVersion: `${GROUP}/v1`,
  kind,
  metadata: { name },
  spec,
});

/** What policies say about writes, as kubectl's user sees it. */
suite("kubectl and admission policies", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    cluster = await startCluster({ words: ["--no-node"] });
    kubectl = cluster.kubectl;
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  test("a validating policy with params denies, in upstream's words, until it goes", async () => {
    await kubectl.ok("create", "configmap", "limits", "--from-literal=most=3");
    await kubectl.apply(
      object("ValidatingAdmissionPolicy", "replicas", {
        matchConstraints: onDeployments,
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        variables: [{ name: "most", expression: "int(params.data.most)" }],
        validations: [
          {
            expression: "object.spec.replicas <= variables.most",
            messageExpression: "'at most ' + string(variables.most) + ' replicas'",
          },
        ],
      }),
      object("ValidatingAdmissionPolicyBinding", "replicas", {
        policyName: "replicas",
        validationActions: ["Deny"],
        paramRef: { name: "limits", namespace: "default", parameterNotFoundAction: "Deny" },
      }),
    );
    const denied = await refused(kubectl("create", "deployment", "many", "--image=x", "--replicas=4"));
    assert.equal(
      denied,
      `error: failed to create deployment: deployments.apps "many" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: at most 3 replicas`,
    );
    await kubectl.ok("create", "deployment", "few", "--image=x", "--replicas=3");
    await kubectl.ok("patch", "configmap", "limits", "--type=merge", "-p", '{"data":{"most":"5"}}');
    await kubectl.ok("create", "deployment", "many", "--image=x", "--replicas=4");
    await kubectl.ok("delete", "validatingadmissionpolicybinding", "replicas");
    await kubectl.ok("create", "deployment", "more", "--image=x", "--replicas=9");
  });

  test("a binding may only warn", async () => {
    await kubectl.apply(
      object("ValidatingAdmissionPolicy", "named", {
        matchConstraints: onDeployments,
        validations: [{ expression: "object.metadata.name.startsWith('team-')", message: "names begin with team-" }],
      }),
      object("ValidatingAdmissionPolicyBinding", "named", { policyName: "named", validationActions: ["Warn"] }),
    );
    const { code, stderr } = await kubectl("create", "deployment", "lonely", "--image=x");
    assert.deepEqual(
      [code, stderr],
      [
        0,
        "Warning: Validation failed for ValidatingAdmissionPolicy 'named' with binding 'named': names begin with team-\n",
      ],
    );
    await kubectl.ok("delete", "validatingadmissionpolicy", "named");
  });

  test("what expressions get wrong about types is told in the status", async () => {
    await kubectl.apply(
      object("ValidatingAdmissionPolicy", "typed", {
        matchConstraints: onDeployments,
        validations: [
          { expression: "object.spec.replicas > '1'" },
          { expression: "object.spec.template.spec.containers.all(c, c.imagee != '')" },
        ],
      }),
    );
    await kubectl.ok(
      "wait",
      "validatingadmissionpolicy/typed",
      "--for=jsonpath={.status.observedGeneration}=1",
      "--timeout=20s",
    );
    const { status } = await kubectl.get<ValidatingAdmissionPolicy>("validatingadmissionpolicy", "typed");
    const warnings = status?.typeChecking?.expressionWarnings ?? [];
    assert.deepEqual(
      warnings.map(({ fieldRef }) => fieldRef),
      ["spec.validations[0].expression", "spec.validations[1].expression"],
    );
    assert.match(
      warnings[0]?.warning ?? "",
      /^apps\/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '\(int, string\)'/,
    );
    assert.match(warnings[1]?.warning ?? "", /undefined field 'imagee'/);
  });

  test("an expression that does not compile is refused", async () => {
    const broken = object("ValidatingAdmissionPolicy", "broken", {
      matchConstraints: onDeployments,
      validations: [{ expression: "object.spec +" }],
    });
    const result = await kubectl.with({ input: JSON.stringify(broken) }, "create", "-f", "-");
    assert.equal(result.code, 1);
    assert.match(
      result.stderr,
      /spec\.validations\[0\]\.expression: Invalid value: "object\.spec \+": compilation failed: ERROR: <input>:1:14: Syntax error/,
    );
  });

  test("mutating policies change what is written", async () => {
    const mutations = [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: {
          expression: `Object{metadata: Object.metadata{labels: {"team": request.userInfo.username}}}`,
        },
      },
      {
        patchType: "JSONPatch",
        jsonPatch: {
          expression: `[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/by"), value: "policy"}]`,
        },
      },
    ];
    await kubectl.apply(
      object("MutatingAdmissionPolicy", "team", {
        matchConstraints: { resourceRules: [{ ...onDeployments.resourceRules[0], operations: ["CREATE"] }] },
        reinvocationPolicy: "Never",
        mutations,
      }),
      object("MutatingAdmissionPolicyBinding", "team", { policyName: "team" }),
    );
    await kubectl.ok("create", "deployment", "marked", "--image=x", "--replicas=1");
    const { metadata } = await kubectl.get<Deployment>("deployment", "marked");
    assert.equal(metadata?.labels?.team, "kubernetes-admin");
    assert.equal(metadata?.labels?.["example.com/by"], "policy");
    await kubectl.ok("delete", "mutatingadmissionpolicy", "team");
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});
