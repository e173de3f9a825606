import { ageColumn, nameColumn, textNumberColumn } from "../columns.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { ServiceAccount } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";

const MOUNTABLE = "kubernetes.io/enforce-mountable-secrets";

export const serviceAccountKind = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
  warnings({ metadata }, old) {
    if (metadata?.annotations?.[MOUNTABLE] === undefined) return [];
    if (old?.metadata?.annotations?.[MOUNTABLE] !== undefined) return [];
    const better = "prefer separate namespaces to isolate access to mounted secrets";
    return [`metadata.annotations[${MOUNTABLE}]: deprecated in v1.32+; ${better}`];
  },
  columns: [
    nameColumn,
    textNumberColumn<ServiceAccount>(
      "Secrets",
      columnTexts["core.v1.ServiceAccount.secrets"],
      ({ secrets }) => secrets?.length,
    ),
    ageColumn,
  ],
});

/** Of the secrets that it may use only the names are kept. */
function keepSecretNames(account: ServiceAccount): void {
  if (account.secrets === undefined) return;
  account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}
