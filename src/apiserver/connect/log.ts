import type { Pod } from "../../api/generated/core/v1.ts";
import { failure, notFound } from "../../api/status.ts";
import type { StreamAnswer } from "../exchange.ts";
import type { Subresource } from "../subresources/subresource.ts";
import { errorFrom, type KubeletClient } from "./kubelet-client.ts";
import { containerOf, flag, nodePath } from "./pod-container.ts";

/** Fields of PodLogOptions that the node understands by the same name. */
const PASSED = ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"];

/** `pods/log`: the container's log as the node has it, while it grows when the client follows. */
export function logSubresource(kubelets: KubeletClient): Subresource {
  return {
    async get(resource, exchange) {
      const { namespace, name } = exchange.info;
      validate(exchange.query, name);
      const pod = (await resource.storage.get(namespace, name))?.object as Pod | undefined;
      if (pod === undefined) throw notFound(resource.schema, name);
      const container = containerOf(pod, exchange.query.get("container") ?? "");
      const nodeName = pod.spec?.nodeName ?? "";
      // As upstream: a pod that is not on a node has said nothing yet.
      if (nodeName === "") return text(nothing());
      const location = await kubelets.locate(nodeName);
      const query = new URLSearchParams();
      for (const field of PASSED) {
        const value = exchange.query.get(field);
        if (value !== null && value !== "") query.set(field, value);
      }
      const response = await kubelets.request(location, {
        method: "GET",
        path: `${nodePath("containerLogs", pod, container)}?${query}`,
        signal: exchange.signal,
        believesAnybody: flag(exchange.query, "insecureSkipTLSVerifyBackend"),
      });
      if (response.statusCode !== 200) throw await errorFrom(response);
      return text(response as AsyncIterable<Buffer>);
    },
  };
}

function text(chunks: AsyncIterable<Buffer>): StreamAnswer {
  return { kind: "stream", code: 200, headers: { "content-type": "text/plain" }, chunks };
}

async function* nothing(): AsyncGenerator<Buffer> {}

/** The rules of PodLogOptions. @throws StatusError Invalid */
function validate(query: URLSearchParams, name: string): void {
  const problems: { field: string; message: string }[] = [];
  const least = (field: string, minimum: number, message: string): void => {
    const value = query.get(field);
    if (value === null || value === "") return;
    if (!/^-?\d+$/.test(value) || Number(value) < minimum) {
      problems.push({ field, message: `Invalid value: ${value}: ${message}` });
    }
  };
  least("tailLines", 0, "must be greater than or equal to 0");
  least("limitBytes", 1, "must be greater than 0");
  least("sinceSeconds", 1, "must be greater than 0");
  if (query.get("sinceSeconds") && query.get("sinceTime")) {
    problems.push({ field: "", message: "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified" });
  }
  if (problems.length === 0) return;
  const texts = problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  const what = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const causes = problems.map(({ field, message }) => ({ reason: "FieldValueInvalid", message, field }));
  throw failure(422, "Invalid", `PodLogOptions "${name}" is invalid: ${what}`, { name, kind: "PodLogOptions", causes });
}
