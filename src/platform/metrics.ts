/** Something that /metrics says; each room of the platform says its own. */
export interface Figure {
  name: string
  help: string
  labels: readonly string[]
  /** Asked at each scrape. */
  read(): { labels: Record<string, string>; value: number }[]
}

export interface Metrics {
  contentType: string
  /** The exposition format of Prometheus. */
  text(): Promise<string>
}

/** Metrics of this process, and the figures. The library is loaded at the first call, since most studios are never scraped. */
export async function createMetrics(figures: readonly Figure[]): Promise<Metrics> {
  const { collectDefaultMetrics, Gauge, Registry } = await import("prom-client")
  const register = new Registry()
  collectDefaultMetrics({ register })
  for (const { name, help, labels, read } of figures) {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [register],
      collect: () => {
        gauge.reset()
        for (const { labels: given, value } of read()) gauge.set(given, value)
      },
    })
  }
  return { contentType: register.contentType, text: () => register.metrics() }
}
