// A program that serves MCP on stdin and stdout over a test studio and the toy tools, and writes where it should not.
import { serveMcpStdio } from "#src/platform/mcp/stdio.ts"
import { toyRegistry } from "#tests/platform/mcp/toys.ts"
import { startHand } from "#tests/servers/hand-work.ts"
import { mcpParts } from "#tests/servers/mcp-studio.ts"
import { testStudio } from "#tests/studio.ts"

const studio = await testStudio()
const hand = await startHand(studio)
const served = serveMcpStdio({
  ...mcpParts(studio, await toyRegistry()),
  caller: { accountId: "local", tenantId: "local", role: "admin", surface: "stdio" },
})
const strays = setInterval(() => process.stdout.write("stray line\n"), 20)
await served
clearInterval(strays)
await hand.stop()
await studio.close()
// The lanes leave a timer behind that would keep the process for two seconds more.
process.exit(0)
