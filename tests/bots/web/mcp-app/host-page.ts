import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge"

/** A host as the SDK makes it: one sandboxed frame, a tool result when the view is ready, resources from the test's server. */
const frame = document.querySelector("iframe")
if (!frame?.contentWindow) throw new Error("no frame")
const bridge = new AppBridge(
  null,
  { name: "test host", version: "1" },
  { serverResources: {}, openLinks: {} },
  {
    hostContext: { theme: "light" },
  },
)
const seen = { opened: [] as string[], sizes: 0 }
Object.assign(window, { seen })
bridge.onreadresource = async ({ uri }: { uri: string }) => {
  const answer = await fetch(`/read?uri=${encodeURIComponent(uri)}`)
  return answer.json()
}
bridge.onopenlink = async ({ url }: { url: string }) => {
  seen.opened.push(url)
  return {}
}
bridge.onsizechange = () => {
  seen.sizes++
}
bridge.oninitialized = () => {
  void (async () => bridge.sendToolResult(await (await fetch("/result")).json()))()
}
void bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow)).then(() => {
  frame.src = "/app"
})
