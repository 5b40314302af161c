// The workspace: which view is shown, who is working, and following what happens elsewhere.

import { read } from "./api.js";
import { h } from "./dom.js";
import { List } from "./list.js";
import { TicketView } from "./ticket.js";

const main = document.getElementById("main");
const live = document.getElementById("live");
const toast = document.getElementById("toast");
const agents = document.getElementById("agent");

const kept = {
  get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
  set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window keeps nothing */ } },
};

const app = {
  get agent() { return agents.value || undefined; },
  get agentName() { return agents.selectedOptions[0]?.textContent || ""; },

  go(path) {
    history.pushState(null, "", path);
    return route();
  },

  follow(event, path) {
    if (event.defaultPrevented || event.target.closest("a") || getSelection().toString()) return;
    this.go(path);
  },

  async attempt(work) {
    try {
      await work();
    } catch (problem) {
      say(problem.message);
    }
  },
};

const list = new List(main, app);
let view = list;

function route() {
  const hit = location.pathname.match(/^\/tickets\/(zendesk|freshdesk)\/(\d+)$/);
  view.leave?.();
  view = hit ? new TicketView(main, app, hit[1], Number(hit[2])) : list;
  if (!hit) document.title = "Tickets · Acme Desk";
  return app.attempt(() => view.show());
}

function say(text) {
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.hidden = true; }, 5000);
}

function setLive(state, text) {
  live.dataset.state = state;
  document.getElementById("live-text").textContent = text;
}

function listen() {
  const stream = new EventSource("/workspace/events");
  stream.onopen = () => setLive("on", "Live");
  stream.onerror = () => setLive("off", "Reconnecting");
  stream.onmessage = () => view.refresh().catch(() => setLive("off", "Reconnecting"));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-route]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  app.go(link.getAttribute("href"));
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (typing) {
    if (event.key === "Escape" && !event.target.closest("dialog")) event.target.blur();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (view.key(event)) event.preventDefault();
});

addEventListener("popstate", route);

function theme(wanted) {
  if (wanted) document.documentElement.dataset.theme = wanted;
}
theme(kept.get("theme"));
document.getElementById("theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  theme(dark ? "light" : "dark");
  kept.set("theme", dark ? "light" : "dark");
});

agents.addEventListener("change", () => kept.set("agent", agents.value));
await app.attempt(async () => {
  const setup = await read.setup();
  agents.replaceChildren(...setup.agents.map((one) => h("option", { value: one.email, selected: one.email === kept.get("agent") }, one.name)));
});
await route();
listen();
