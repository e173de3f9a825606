import type { ApiObject } from "../../api/meta.ts";
import type { Exchange } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";

export function checkFields(
  _resource: ServedResource,
  _check: { object: ApiObject; json?: string | undefined; exchange: Exchange },
): void {}
