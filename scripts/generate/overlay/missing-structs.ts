/**
 * Definitions whose Go structs are in neither binary: protobuf numbers by field, in the order of the Go source
 * (k8s.io/kube-aggregator/pkg/apis/apiregistration/v1/generated.proto).
 */
export const missingStructs: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService": { metadata: 1, spec: 2, status: 3 },
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition": {
    type: 1,
    status: 2,
    lastTransitionTime: 3,
    reason: 4,
    message: 5,
  },
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceList": { metadata: 1, items: 2 },
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec": {
    service: 1,
    group: 2,
    version: 3,
    insecureSkipTLSVerify: 4,
    caBundle: 5,
    groupPriorityMinimum: 7,
    versionPriority: 8,
  },
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus": { conditions: 1 },
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference": { namespace: 1, name: 2, port: 3 },
};

/** Fields of the structs above that are pointers in Go. */
export const missingPointers: readonly string[] = [
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec.service",
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference.port",
];
