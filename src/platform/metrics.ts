/** Counts jobs by state, for the gauge of /metrics. */
export type JobCounts = () => Record<string, number>

export interface Metrics {
  contentType: string
  /** The exposition format of Prometheus. */
  text(): Promise<string>
}

/** Metrics of this process and its jobs. The library is loaded at the first call, since most studios are never scraped. */
export async function createMetrics(jobCounts?: JobCounts): Promise<Metrics> {
  const { collectDefaultMetrics, Gauge, Registry } = await import("prom-client")
  const register = new Registry()
  collectDefaultMetrics({ register })
  if (jobCounts) {
    const gauge = new Gauge({
      name: "atelier_jobs",
      help: "Jobs by state",
      labelNames: ["state"],
      registers: [register],
      collect: () => {
        gauge.reset()
        for (const [state, count] of Object.entries(jobCounts())) gauge.set({ state }, count)
      },
    })
  }
  return { contentType: register.contentType, text: () => register.metrics() }
}
