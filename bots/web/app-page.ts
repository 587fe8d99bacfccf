import type { Assets } from "./assets.ts"
import { html } from "./html.ts"
import { documentHead, whole } from "./layout.ts"

/** The browser writes no markup from text anywhere on this page, and may not: the policy forbids it, too. */
const POLICY = ["require-trusted-types-for 'script'", "trusted-types 'none'"]

/** The studio at "/": the frame that its script fills. It tells nothing about anybody, so that it needs no session. */
export function respondApp(request: Request, assets: Assets): Response {
  const head = documentHead(
    { title: "Studio", description: "A creative studio that people talk to.", toRoot: "" },
    assets,
    [
      html`<link rel="stylesheet" href="${assets.address("app.css")}" />`,
      html`<script type="module" src="${assets.address("app.js")}"></script>`,
    ],
  )
  const page = html`<!doctype html>
    <html lang="en">
      ${head}
      <body class="app" data-view="chat" data-viewer="${assets.address("viewer.js")}">
        <a class="skip" href="#say">Skip to the message box</a>
        ${bar}
        <main>${signIn}${studio}</main>
        ${views} ${threads} ${settings}
        <div id="announcer" class="hidden" aria-live="polite"></div>
        <div id="drop" hidden><p>Drop the files to send them along</p></div>
      </body>
    </html> `.html
  return whole(request, page, { status: 200, policy: POLICY })
}

const bar = html`<header class="bar">
  <a class="brand" href="./">Atelier</a>
  <div id="link" hidden>
    <span id="link-words"></span>
    <button type="button" id="retry" class="plain">Try now</button>
  </div>
  <div id="tools">
    <button type="button" id="new-thread" class="plain">New</button>
    <button type="button" id="show-threads" class="plain">Conversations</button>
    <button type="button" id="theme" class="plain round">
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" />
        <path d="M10 3a7 7 0 0 1 0 14z" />
      </svg>
    </button>
    <button type="button" id="show-settings" class="plain round" aria-label="Settings">
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path d="M3 6h8M15 6h2M3 14h2M9 14h8" />
        <circle cx="13" cy="6" r="2" />
        <circle cx="7" cy="14" r="2" />
      </svg>
    </button>
  </div>
</header>`

const signIn = html`<section id="sign-in" class="refusal" aria-labelledby="sign-in-title" hidden>
  <h1 id="sign-in-title">This studio knows you by a link</h1>
  <p id="link-expired" class="note warning" role="alert" hidden>
    That link does not work any more: each opens the studio once, for a short while. Take a new one.
  </p>
  <p>
    The program prints a link when it starts, in the terminal it runs in. Open that link in this browser, once: then
    this browser is known, and the plain address works.
  </p>
  <p><code class="address">npx atelier start</code></p>
  <p>Somebody else runs the studio for you? Ask them for a link, or enter the key they gave you.</p>
  <form id="key-form">
    <label for="key">Key</label>
    <div class="row">
      <input id="key" type="password" autocomplete="off" maxlength="200" required />
      <button type="submit" class="yes">Sign in</button>
    </div>
    <p id="key-problem" class="note error" role="alert" hidden></p>
  </form>
</section>`

const chat = html`<section id="chat" aria-label="Conversation">
  <div id="log-scroll" tabindex="0" role="region" aria-label="Messages">
    <div id="welcome">
      <h2>Say what you want to make.</h2>
      <p class="lead">A sentence becomes a piece you can turn, change and take away. For example:</p>
      <ul id="examples"></ul>
    </div>
    <h2 class="hidden">Conversation</h2>
    <div id="log" role="log" aria-live="off" aria-label="Messages so far"></div>
  </div>
  <button type="button" id="latest" class="plain" hidden>To the latest</button>
  <form id="composer">
    <p id="send-problem" class="note error" role="alert" hidden></p>
    <ul id="chips" aria-label="Files to send along"></ul>
    <div class="row">
      <button type="button" id="attach" class="plain round" aria-label="Attach files">
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M10 4v12M4 10h12" /></svg>
      </button>
      <input id="files" type="file" multiple hidden tabindex="-1" aria-label="Files" />
      <label for="say" class="hidden">Message to the studio</label>
      <textarea
        id="say"
        rows="1"
        placeholder="Say what you want …"
        autocomplete="off"
        aria-describedby="say-hint"
      ></textarea>
      <p id="say-hint" class="hidden">Enter sends, Shift and Enter begin a new line, Escape stops an answer.</p>
      <button type="submit" id="send" class="yes round" aria-label="Send" disabled></button>
    </div>
  </form>
</section>`

const stage = html`<section id="stage" aria-label="Stage">
  <div id="stage-empty">
    <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M9 5h14l7 8-14 15L2 13zM9 5l7 23 7-23M2 13h28" /></svg>
    <p>What you make appears here.</p>
  </div>
  <div id="stage-full" hidden>
    <div class="stage-head">
      <div class="names">
        <h2 id="stage-title"></h2>
        <p id="stage-words"></p>
      </div>
      <div class="steps-of-history">
        <span id="revision"></span>
        <button type="button" id="to-latest" class="plain" hidden>Back to the latest</button>
        <button type="button" id="undo" class="plain round" aria-label="Undo" title="Undo">
          <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d="M7 4L3 8l4 4M3 8h8a5 5 0 0 1 0 10H8" />
          </svg>
        </button>
        <button type="button" id="redo" class="plain round" aria-label="Redo" title="Redo">
          <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d="M13 4l4 4-4 4M17 8H9a5 5 0 0 0 0 10h3" />
          </svg>
        </button>
      </div>
    </div>
    <div id="scene" class="scene">
      <img id="picture" alt="" hidden />
      <div id="building" role="status" hidden></div>
    </div>
    <div id="scene-tools">
      <div id="views-of-stage" role="group" aria-label="View" hidden>
        <button type="button" id="view-3d" aria-pressed="true">3D</button>
        <button type="button" id="view-picture" aria-pressed="false">Picture</button>
      </div>
    </div>
    <p id="stage-status" role="status"></p>
    <dl id="facts" hidden></dl>
    <ul id="downloads" class="downloads" aria-label="Files of this revision" hidden></ul>
  </div>
</section>`

const side = html`<section id="side" aria-label="Panel">
  <h2 class="hidden">Panel</h2>
  <div id="side-tabs" role="tablist" aria-label="Panel">
    <button type="button" role="tab" id="tab-design" aria-controls="part-design" aria-selected="true">
      Parameters
    </button>
    <button type="button" role="tab" id="tab-things" aria-controls="part-things" aria-selected="false" tabindex="-1">
      Pieces
    </button>
    <button type="button" role="tab" id="tab-work" aria-controls="part-work" aria-selected="false" tabindex="-1">
      Work <span id="job-count" class="badge" hidden></span>
    </button>
  </div>
  <div id="part-design" role="tabpanel" aria-labelledby="tab-design" tabindex="0">
    <p id="old-revision" class="note info" hidden>This is an earlier revision. Go back to the latest to change it.</p>
    <p id="no-fields" class="quiet">The parameters of the piece on the stage appear here; each change is a revision.</p>
    <div id="fields"></div>
    <p id="panel-status" role="status"></p>
  </div>
  <div id="part-things" role="tabpanel" aria-labelledby="tab-things" tabindex="0" hidden>
    <p id="no-items" class="quiet">Nothing has been made yet.</p>
    <div id="outline"></div>
  </div>
  <div id="part-work" role="tabpanel" aria-labelledby="tab-work" tabindex="0" hidden>
    <p id="no-jobs" class="quiet">Nothing is at work.</p>
    <ul id="job-list" aria-label="Jobs"></ul>
    <div id="quota-part" hidden>
      <h3>Allowance</h3>
      <ul id="quota"></ul>
    </div>
  </div>
</section>`

const studio = html`<div id="studio">
  <h1 class="hidden">Atelier, the studio</h1>
  ${chat}${stage}${side}
</div>`

const views = html`<nav id="views" aria-label="Parts of the page">
  <button type="button" data-to="chat" aria-current="true">Chat</button>
  <button type="button" data-to="stage">Stage</button>
  <button type="button" data-to="side">Panel</button>
</nav>`

const threads = html`<dialog id="threads" aria-labelledby="threads-title">
  <form method="dialog" class="dialog-head">
    <h2 id="threads-title">Conversations</h2>
    <button class="plain">Close</button>
  </form>
  <p id="no-threads" class="quiet">There are none yet.</p>
  <ul id="thread-list" class="lines"></ul>
</dialog>`

const settings = html`<dialog id="settings" aria-labelledby="settings-title">
  <form method="dialog" class="dialog-head">
    <h2 id="settings-title">Settings</h2>
    <button class="plain">Close</button>
  </form>
  <h3>Who answers</h3>
  <p id="answering"></p>
  <h3>Connect an assistant</h3>
  <p>Programs that speak the Model Context Protocol reach the studio at</p>
  <p><code id="mcp-url" class="address"></code></p>
  <h3>Signed in</h3>
  <ul id="sessions" class="lines"></ul>
  <h3>What is stored about you</h3>
  <p>
    <a href="api/privacy/export" download="atelier-export.json">Download everything</a> as a file, or delete your
    conversations:
  </p>
  <form id="delete-form" class="row">
    <label for="delete-word" class="hidden">Type delete to confirm</label>
    <input id="delete-word" type="text" autocomplete="off" maxlength="20" placeholder="Type delete to confirm" />
    <button type="submit" class="danger">Delete</button>
  </form>
  <p id="settings-status" role="status"></p>
  <p id="version" class="quiet"></p>
  <p class="quiet">
    <a href="assets/licenses.txt" target="_blank" rel="noopener">Open source software in the viewer</a>
  </p>
</dialog>`
