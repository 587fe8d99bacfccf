import type { Figure } from "#src/platform/metrics.ts"
import type { QuotaLedger } from "#src/platform/quota/quota.ts"

/** What /metrics says of quotas. */
export function quotaFigures(quota: Pick<QuotaLedger, "violations" | "totals">): Figure[] {
  return [
    {
      name: "atelier_quota_violations",
      help: "Quota windows and top-ups that are not the sum of their entries; anything but 0 is a bug",
      labels: [],
      read: () => [{ labels: {}, value: quota.violations() }],
    },
    {
      name: "atelier_quota_amount",
      help: "What the members of a tenant have used in all, and hold now",
      labels: ["tenant", "unit", "state"],
      read: () =>
        quota.totals().flatMap(({ tenant, unit, used, held }) => [
          { labels: { tenant, unit, state: "used" }, value: used },
          { labels: { tenant, unit, state: "held" }, value: held },
        ]),
    },
  ]
}
