// One ticket: the conversation, what changed in between, its properties, and a place for a sidebar app.

import { act, read } from "./api.js";
import { hostApp } from "./apps.js";
import { avatar, badge, chip, h, icon, icons, priority, when } from "./dom.js";

const MODES = [["agent", "Public reply"], ["note", "Internal note"], ["customer", "As the customer"]];

export class TicketView {
  constructor(root, app, helpdesk, id) {
    Object.assign(this, { root, app, helpdesk, id, mode: "agent", known: null, pending: {} });
  }

  show() {
    this.opened = this.open();
    return this.opened;
  }

  leave() {
    this.hosted?.close();
  }

  async open() {
    let ticket;
    try {
      ticket = await read.ticket(this.helpdesk, this.id);
    } catch (problem) {
      this.root.replaceChildren(h("section", { class: "nothing" },
        h("h1", {}, "No such ticket"), h("p", { class: "quiet" }, problem.message),
        h("a", { class: "button", href: "/", "data-route": true }, "All tickets")));
      return;
    }
    this.head = h("header", { class: "ticket-head" });
    this.thread = h("ol", { class: "thread", "aria-label": "Conversation" });
    this.scroller = h("div", { class: "thread-scroll", tabindex: "0" }, this.thread);
    this.side = h("section", { class: "properties", "aria-label": "Properties" });
    // A sidebar app is hosted here, in an iframe of its own.
    const apps = h("section", { class: "apps", id: "apps", "aria-label": "Apps", "data-helpdesk": this.helpdesk, "data-ticket": String(this.id) },
      h("h2", {}, icon(icons.puzzle), "Apps"),
      h("div", { class: "app-slot", id: "app-slot" }, h("p", { class: "quiet" }, "No sidebar app is installed.")));
    this.root.replaceChildren(h("div", { class: "ticket-page" },
      h("section", { class: "conversation", "aria-label": "Ticket" }, this.head, this.scroller, this.composer()),
      h("div", { class: "side" }, apps, this.side)));
    this.draw(ticket);
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.hosted = await hostApp(this, document.getElementById("app-slot"));
    this.hosted?.drawn(ticket);
  }

  async refresh() {
    await this.opened;
    if (!this.thread) return this.show();
    const ticket = await read.ticket(this.helpdesk, this.id);
    if (this.thread.isConnected) this.draw(ticket);
  }

  draw(ticket) {
    const version = JSON.stringify({ ...ticket, now: null });
    if (version === this.version) return;
    this.version = version;
    this.ticket = ticket;
    document.title = `#${ticket.id} ${ticket.subject} · Acme Desk`;
    const atEnd = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 80;
    this.drawHead(ticket);
    this.drawThread(ticket);
    if (!this.side.contains(document.activeElement) || document.activeElement.tagName === "BUTTON") this.drawSide(ticket);
    else this.stale = true;
    if (atEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.hosted?.drawn(ticket);
  }

  drawHead(ticket) {
    this.head.replaceChildren(
      h("a", { class: "icon-button", href: "/", "data-route": true, "aria-label": "Back to all tickets" }, icon(icons.back)),
      h("div", { class: "titles" },
        h("h1", {}, ticket.subject),
        h("div", { class: "facts" }, chip(ticket.helpdesk), h("span", { class: "number" }, `#${ticket.id}`), badge(ticket), priority(ticket),
          h("span", { class: "quiet" }, "opened ", when(ticket.created_at, ticket.now)))));
  }

  drawThread(ticket) {
    const seen = this.known;
    this.known = new Set(ticket.timeline.map((entry) => entry.kind + entry.id));
    this.thread.replaceChildren(...ticket.timeline.map((entry) => {
      const fresh = seen !== null && !seen.has(entry.kind + entry.id);
      return entry.kind === "message" ? this.message(entry, ticket, fresh) : this.event(entry, ticket, fresh);
    }));
  }

  message(entry, ticket, fresh) {
    const kind = !entry.public ? "note" : entry.role === "customer" ? "customer" : "agent";
    const body = h("div", { class: "body" });
    // Cleaned by the server; the page's policy runs no script of anybody's.
    body.innerHTML = entry.html;
    const role = { note: "Internal note", agent: "Public reply", customer: "Customer" }[kind];
    return h("li", { class: `message ${kind}${fresh ? " fresh" : ""}` },
      avatar(entry.author, entry.role),
      h("article", { "aria-label": `${role} by ${entry.author}` },
        h("header", {},
          h("strong", {}, entry.author),
          kind === "note" ? h("span", { class: "mark" }, icon(icons.lock), role) : h("span", { class: "mark" }, role),
          entry.channel === "api" ? h("span", { class: "mark api" }, "via API") : null,
          h("span", { class: "spacer" }),
          entry.edited_at ? h("span", { class: "quiet", title: new Date(entry.edited_at).toLocaleString() }, "edited") : null,
          when(entry.at, ticket.now)),
        body));
  }

  event(entry, ticket, fresh) {
    const lines = entry.changes.map((change) => {
      if (change.added) {
        return h("span", { class: "change" },
          change.added.map((tag) => h("span", { class: "tag added" }, `+ ${tag}`)),
          change.removed.map((tag) => h("span", { class: "tag removed" }, `− ${tag}`)));
      }
      const from = change.old ? [h("s", {}, change.old), " → "] : [];
      return h("span", { class: "change" }, `${change.field} `, from, h("b", {}, change.new ?? "none"));
    });
    const who = entry.rules.length ? `${entry.author}, by ${entry.rules.join(", ")}` : entry.author;
    return h("li", { class: `event${fresh ? " fresh" : ""}` },
      icon(icons.cog), h("span", { class: "event-who" }, who), lines, when(entry.at, ticket.now));
  }

  // -- writing

  composer() {
    const text = h("textarea", {
      rows: 2, "aria-label": "Message",
      oninput: () => this.hosted?.written(),
      onfocus: () => { if (this.mode === "agent") this.hosted?.opened(); },
      onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.send(); },
    });
    const tabs = h("div", { class: "composer-tabs", role: "tablist", "aria-label": "Kind of message" });
    const button = h("button", { type: "button", class: "button", onclick: () => this.send() });
    const planned = h("p", { class: "planned", hidden: true });
    const box = h("section", { class: "composer", "aria-label": "Write" }, tabs, text, planned,
      h("div", { class: "composer-foot" },
        h("span", { class: "keys" }, h("kbd", {}, "R"), " reply  ", h("kbd", {}, "N"), " note  ", h("kbd", {}, "Ctrl Enter"), " send"),
        h("span", { class: "spacer" }), button));
    Object.assign(this, { text, tabs, planned, sendButton: button, box });
    this.setMode(this.mode);
    return box;
  }

  setMode(mode) {
    this.mode = mode;
    this.box.dataset.mode = mode;
    this.tabs.replaceChildren(...MODES.map(([value, label]) =>
      h("button", { type: "button", role: "tab", "aria-selected": String(mode === value), onclick: () => { this.setMode(value); this.text.focus(); } }, label)));
    this.text.placeholder = { agent: "Write to the customer", note: "Only your team sees this", customer: "Play the customer: what do they answer?" }[mode];
    this.sendButton.textContent = { agent: "Send reply", note: "Add note", customer: "Send as customer" }[mode];
  }

  async send() {
    const text = this.text.value.trim();
    if (!text || this.sending) return;
    this.sending = this.sendButton.disabled = true;
    await this.app.attempt(async () => {
      const ours = this.mode !== "customer";
      if (ours) await this.hosted?.sending();
      await act.reply(this.ticket, this.mode, text, this.app.agent);
      if (ours) await this.submit(text);
      this.text.value = "";
    });
    this.sending = this.sendButton.disabled = false;
    await this.refresh();
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  // What apps put into the form stays there until the agent sends.

  insert(text) {
    const { value, selectionEnd } = this.text;
    const gap = value && !/\s$/.test(value.slice(0, selectionEnd)) ? "\n\n" : "";
    this.text.setRangeText(gap + text, selectionEnd, selectionEnd, "end");
    this.hosted?.written();
    return true;
  }

  replace(text) {
    this.text.value = text;
    this.hosted?.written();
  }

  plan(changes) {
    Object.assign(this.pending, Object.fromEntries(Object.entries(changes).filter(([, value]) => value)));
    const { status, tags } = this.pending;
    const added = (tags || []).filter((tag) => !this.ticket.tags.includes(tag));
    const removed = tags ? this.ticket.tags.filter((tag) => !tags.includes(tag)) : [];
    const words = [status && status !== this.ticket.status && `status ${status}`, added.length && `+ ${added.join(", ")}`, removed.length && `− ${removed.join(", ")}`].filter(Boolean);
    this.planned.textContent = words.length ? `With your message: ${words.join(" · ")}` : "";
    this.planned.hidden = !words.length;
  }

  async submit(text) {
    const { status, tags } = this.pending;
    this.pending = {};
    this.planned.hidden = true;
    if (tags) {
      const add = tags.filter((tag) => !this.ticket.tags.includes(tag));
      const remove = this.ticket.tags.filter((tag) => !tags.includes(tag));
      if (add.length || remove.length) await act.tags(this.ticket, { add, remove }, this.app.agent);
    }
    if (status && status !== this.ticket.status) await act.status(this.ticket, status, this.app.agent);
    this.hosted?.sent(text);
  }

  // -- properties

  drawSide(ticket) {
    const change = (work) => this.app.attempt(async () => { await work(); await this.refresh(); });
    const row = (label, value) => h("div", { class: "property" }, h("dt", {}, label), h("dd", {}, value || h("span", { class: "quiet" }, "–")));
    const known = ticket.statuses.some((one) => one.value === ticket.status);
    const status = h("select", {
      id: "status", "aria-label": "Status",
      onchange: () => { status.blur(); change(() => act.status(ticket, status.value, this.app.agent)); },
    }, ticket.statuses.map((one) => h("option", { value: one.value, selected: one.value === ticket.status }, one.label)),
      known ? null : h("option", { value: ticket.status, selected: true, disabled: true }, ticket.status_label));
    const input = h("input", {
      class: "tag-input", placeholder: "Add a tag", "aria-label": "Add a tag", autocomplete: "off",
      onkeydown: (event) => {
        if (event.key !== "Enter" || !input.value.trim()) return;
        const tag = input.value.trim();
        input.value = "";
        change(async () => { await act.tags(ticket, { add: [tag] }, this.app.agent); this.version = null; input.blur(); })
          .then(() => document.querySelector(".tag-input")?.focus());
      },
      onblur: () => { if (this.stale) { this.stale = false; this.drawSide(this.ticket); } },
    });
    const tags = ticket.tags.map((tag) => h("span", { class: "tag" }, tag,
      h("button", { type: "button", "aria-label": `Remove the tag ${tag}`, onclick: () => change(() => act.tags(ticket, { remove: [tag] }, this.app.agent)) }, icon(icons.close))));
    this.side.replaceChildren(
      h("div", { class: "requester" }, avatar(ticket.requester.name, "customer"),
        h("div", {}, h("strong", {}, ticket.requester.name), h("a", { class: "quiet", href: `mailto:${ticket.requester.email}` }, ticket.requester.email))),
      h("div", { class: "block" }, h("h2", {}, "Status"), status),
      h("div", { class: "block" }, h("h2", {}, "Tags"), h("div", { class: "tags edit" }, tags, input)),
      h("dl", { class: "block" },
        row("Priority", priority(ticket)), row("Type", ticket.type), row("Assignee", ticket.assignee), row("Group", ticket.group),
        ticket.fields.map((field) => row(field.label, field.value)),
        row("Channel", ticket.channel), row("Updated", when(ticket.updated_at, ticket.now))));
  }

  key(event) {
    if (event.key === "r") this.setMode("agent");
    else if (event.key === "n") this.setMode("note");
    else if (event.key === "Escape" || event.key === "u") { this.app.go("/"); return true; }
    else return false;
    this.text.focus();
    return true;
  }
}
