import { defineConfig } from "vitest/config"

// .ci/run asks for a report that a program can read.
const report = process.env.TEST_REPORT

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    isolate: false,
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
})
