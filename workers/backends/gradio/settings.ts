import { z } from "zod"
import { gradioApp, type GradioApp } from "#workers/backends/gradio/app.ts"
import { gradioApps } from "#workers/backends/gradio/apps.ts"

// Object.keys gives strings; the names are those of a constant object.
const names = Object.keys(gradioApps) as (keyof typeof gradioApps)[]

export const gradioSettings = z.object({
  /** One of the apps that are described already, or a description. */
  app: z.union([z.enum(names), gradioApp]).default("trellis"),
  /** Longest time for all calls of one run, in seconds, waiting in the app's queue included. */
  runS: z.number().min(1).max(7_200).default(900),
  /** Longest silence of a running call; Gradio says "heartbeat" every 15 seconds. */
  silenceS: z.number().min(1).max(600).default(90),
})

export function appOf(settings: unknown): GradioApp {
  const { app } = gradioSettings.parse(settings)
  return typeof app === "string" ? gradioApps[app] : app
}
