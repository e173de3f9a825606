import type { AnyObject } from "../meta.ts";

/** What kubectl 1.36 sent for `kubectl create …`, and the same objects in JSON. Only tests use it. */
export const kubectlBodies: readonly { command: string; hex: string; object: AnyObject }[] = [
  {
    command: "configmap cm1 --from-literal=a=b",
    hex: "6b3873000a0f0a0276311209436f6e6669674d6170121d0a130a03636d3112001a0022002a0032003800420012060a01611201621a002200",
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cm1" }, data: { a: "b" } },
  },
  {
    command: "deployment web --image=nginx:1 --replicas=3 --port=80",
    hex: "6b3873000a150a07617070732f7631120a4465706c6f796d656e7412ba010a1f0a0377656212001a0022002a003200380042005a0a0a0361707012037765621288010803120c0a0a0a0361707012037765621a6e0a1c0a0012001a0022002a003200380042005a0a0a036170701203776562124e12300a056e67696e7812076e67696e783a312a00320a0a001000185022002a0042006a007200800100880100900100a201001a00320042004a0052005800600068008201008a01009a0100c2010022020a00280038001a0c0800100018002000280038001a002200",
    object: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", labels: { app: "web" } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            containers: [{ name: "nginx", image: "nginx:1", ports: [{ containerPort: 80 }], resources: {} }],
          },
        },
        strategy: {},
      },
      status: {},
    },
  },
  {
    command: "poddisruptionbudget pdb --selector=a=b --min-available=50%",
    hex: "6b3873000a200a09706f6c6963792f76311213506f6444697372757074696f6e42756467657412380a130a0370646212001a0022002a0032003800420012150a09080110001a0335302512080a060a01611201621a0a080018002000280030001a002200",
    object: {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "pdb" },
      spec: { minAvailable: "50%", selector: { matchLabels: { a: "b" } } },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    },
  },
  {
    command: "quota q --hard=cpu=1,memory=1Gi",
    hex: "6b3873000a130a027631120d5265736f7572636551756f746112340a110a017112001a0022002a00320038004200121d0a0a0a0363707512030a01310a0f0a066d656d6f727912050a033147691a001a002200",
    object: {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "q" },
      spec: { hard: { cpu: "1", memory: "1Gi" } },
      status: {},
    },
  },
  {
    command: "ingress i --rule=a.b/c=svc:80",
    hex: "6b3873000a1f0a146e6574776f726b696e672e6b38732e696f2f76311207496e677265737312400a110a016912001a0022002a0032003800420012271a250a03612e62121e0a1c0a1a0a022f63120d220b0a0373766312040a0010501a0545786163741a020a001a002200",
    object: {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "i" },
      spec: {
        rules: [
          {
            host: "a.b",
            http: {
              paths: [{ path: "/c", pathType: "Exact", backend: { service: { name: "svc", port: { number: 80 } } } }],
            },
          },
        ],
      },
      status: { loadBalancer: {} },
    },
  },
  {
    command: "priorityclass pc --value=-10",
    hex: "6b3873000a250a147363686564756c696e672e6b38732e696f2f7631120d5072696f72697479436c61737312390a120a02706312001a0022002a0032003800420010f6ffffffffffffffff01180022002a14507265656d70744c6f7765725072696f726974791a002200",
    object: {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: "pc" },
      value: -10,
      preemptionPolicy: "PreemptLowerPriority",
    },
  },
];
