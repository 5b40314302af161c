// The list of tickets: both helpdesks, search, paging, keyboard.

import { act, read } from "./api.js";
import { avatar, badge, chip, h, icon, icons, priority, when } from "./dom.js";

const STATES = [["open", "Open"], ["done", "Solved"], ["all", "All"]];
const SHOWN_TAGS = 3;

export class List {
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.query = { helpdesk: "", state: "open", q: "", page: 1 };
    this.selected = 0;
    this.stamps = new Map();
  }

  show() {
    const search = h("input", {
      type: "search", id: "search", placeholder: "Search number, people, tags, words", "aria-label": "Search tickets",
      value: this.query.q, autocomplete: "off",
      oninput: () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.ask({ q: search.value, page: 1 }), 150);
      },
    });
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Helpdesk" });
    this.states = h("div", { class: "segments", role: "group", "aria-label": "Status" });
    this.body = h("tbody");
    this.pager = h("nav", { class: "pager", "aria-label": "Pages" });
    this.empty = h("p", { class: "empty", hidden: true });
    this.root.replaceChildren(
      h("section", { class: "list-page" },
        h("div", { class: "list-head" },
          h("h1", {}, "Tickets"),
          h("span", { class: "spacer" }),
          h("div", { class: "search" }, icon(icons.search), search),
          h("button", { type: "button", class: "button", onclick: () => this.compose() }, icon(icons.plus), "New ticket")),
        h("div", { class: "list-filters" }, this.tabs, h("span", { class: "spacer" }), this.states),
        h("div", { class: "table-frame" },
          h("table", { class: "tickets" },
            h("thead", {}, h("tr", {},
              h("th", { scope: "col" }, "Ticket"), h("th", { scope: "col", class: "col-who" }, "Requester"),
              h("th", { scope: "col", class: "col-status" }, "Status"), h("th", { scope: "col", class: "col-priority" }, "Priority"),
              h("th", { scope: "col", class: "col-desk" }, "Helpdesk"), h("th", { scope: "col", class: "col-when" }, "Updated"))),
            this.body),
          this.empty),
        h("div", { class: "list-foot" },
          h("span", { class: "keys" }, h("kbd", {}, "J"), h("kbd", {}, "K"), " move  ", h("kbd", {}, "Enter"), " open  ", h("kbd", {}, "/"), " search"),
          h("span", { class: "spacer" }), this.pager)));
    return this.refresh();
  }

  ask(change) {
    Object.assign(this.query, change);
    this.selected = 0;
    return this.refresh();
  }

  async refresh() {
    const turn = (this.turn = (this.turn || 0) + 1);
    const data = await read.tickets(this.query);
    if (turn !== this.turn || !this.body.isConnected) return;
    if (this.query.page > data.pages) return this.ask({ page: data.pages });
    this.data = data;
    this.drawFilters(data);
    const focused = this.body.contains(document.activeElement);
    this.body.replaceChildren(...data.tickets.map((ticket, at) => this.row(ticket, at)));
    this.selected = Math.min(this.selected, Math.max(0, data.tickets.length - 1));
    this.mark(focused);
    this.empty.hidden = data.tickets.length > 0;
    this.empty.textContent = this.query.q ? "No ticket matches this search." : "No tickets here yet. Open one as a customer with New ticket.";
    this.drawPager(data);
  }

  drawFilters(data) {
    const all = data.counts.zendesk + data.counts.freshdesk;
    const tabs = [["", "All", all], ["zendesk", "Zendesk", data.counts.zendesk], ["freshdesk", "Freshdesk", data.counts.freshdesk]];
    this.tabs.replaceChildren(...tabs.map(([value, label, count]) =>
      h("button", {
        type: "button", role: "tab", "aria-selected": String(this.query.helpdesk === value),
        onclick: () => this.ask({ helpdesk: value, page: 1 }),
      }, label, h("span", { class: "count" }, count.toLocaleString()))));
    this.states.replaceChildren(...STATES.map(([value, label]) =>
      h("button", { type: "button", "aria-pressed": String(this.query.state === value), onclick: () => this.ask({ state: value, page: 1 }) }, label)));
  }

  row(ticket, at) {
    const key = `${ticket.helpdesk}/${ticket.id}`;
    const version = JSON.stringify([ticket.updated_at, ticket.tags, ticket.messages, ticket.status]);
    const fresh = this.stamps.has(key) && this.stamps.get(key) !== version;
    this.stamps.set(key, version);
    const tags = ticket.tags.slice(0, SHOWN_TAGS).map((tag) => h("span", { class: "tag" }, tag));
    if (ticket.tags.length > SHOWN_TAGS) {
      tags.push(h("span", { class: "tag more", title: ticket.tags.slice(SHOWN_TAGS).join(", ") }, `+${ticket.tags.length - SHOWN_TAGS}`));
    }
    const by = { note: "Note: ", agent: "Reply: ", customer: "" }[ticket.snippet_by];
    const href = `/tickets/${ticket.helpdesk}/${ticket.id}`;
    return h("tr", { class: fresh ? "fresh" : "", "data-at": String(at), onclick: (event) => this.app.follow(event, href) },
      h("td", { class: "col-ticket" },
        h("a", { href, class: "subject", "data-route": true, onfocus: () => { this.selected = at; this.mark(); } },
          h("span", { class: "number" }, `#${ticket.id}`), ticket.subject),
        h("div", { class: "snippet" }, h("span", { class: `by ${ticket.snippet_by}` }, by), ticket.snippet),
        tags.length ? h("div", { class: "tags" }, tags) : null),
      h("td", { class: "col-who" }, h("div", { class: "who" }, avatar(ticket.requester.name, "customer"), h("span", {}, ticket.requester.name))),
      h("td", {}, badge(ticket)),
      h("td", { class: "col-priority" }, priority(ticket) || h("span", { class: "quiet" }, "–")),
      h("td", { class: "col-desk" }, chip(ticket.helpdesk)),
      h("td", { class: "col-when" }, when(ticket.updated_at, this.data.now)));
  }

  drawPager(data) {
    const last = data.first + data.tickets.length - 1;
    const step = (to, shape, label) =>
      h("button", { type: "button", class: "icon-button", "aria-label": label, disabled: to < 1 || to > data.pages, onclick: () => this.ask({ page: to }) }, icon(shape));
    this.pager.replaceChildren(
      h("span", { class: "quiet" }, data.total ? `${data.first}–${last} of ${data.total.toLocaleString()}` : ""),
      step(data.page - 1, icons.back, "Previous page"), step(data.page + 1, icons.next, "Next page"));
  }

  mark(focus = false) {
    [...this.body.children].forEach((row, at) => row.classList.toggle("selected", at === this.selected));
    const row = this.body.children[this.selected];
    if (focus && row) row.querySelector("a").focus({ preventScroll: true });
  }

  key(event) {
    const move = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (move && this.data?.tickets.length) {
      this.selected = Math.max(0, Math.min(this.data.tickets.length - 1, this.selected + move));
      this.mark(true);
      this.body.children[this.selected].scrollIntoView({ block: "nearest" });
    } else if (event.key === "/") document.getElementById("search").focus();
    else if (event.key === "c") this.compose();
    else return false;
    return true;
  }

  compose() {
    const field = (name, label, extra = {}) => h("label", { class: "field" }, h("span", {}, label), h(extra.tag || "input", { name, ...extra.with }));
    const error = h("p", { class: "form-error", role: "alert", hidden: true });
    const form = h("form", {
      class: "dialog-form", method: "dialog",
      onsubmit: async (event) => {
        event.preventDefault();
        const get = (name) => form.elements[name].value.trim();
        try {
          const made = await act.open({
            helpdesk: get("helpdesk"), subject: get("subject"), text: get("text"),
            requester: { name: get("name"), email: get("email") },
          });
          dialog.close();
          this.app.go(`/tickets/${made.helpdesk}/${made.id}`);
        } catch (problem) {
          error.textContent = problem.message;
          error.hidden = false;
        }
      },
    },
      h("h2", {}, "New ticket, as a customer"),
      h("p", { class: "quiet" }, "Triggers and rules run as if the customer had written in."),
      h("label", { class: "field" }, h("span", {}, "Helpdesk"),
        h("select", { name: "helpdesk" }, h("option", { value: "zendesk" }, "Zendesk"), h("option", { value: "freshdesk" }, "Freshdesk"))),
      h("div", { class: "pair" },
        field("name", "Name", { with: { value: "Robin Doe", required: true } }),
        field("email", "E-mail", { with: { type: "email", value: "robin@customer.example", required: true } })),
      field("subject", "Subject", { with: { required: true } }),
      field("text", "Message", { tag: "textarea", with: { required: true, rows: 6 } }),
      error,
      h("div", { class: "dialog-actions" },
        h("button", { type: "button", class: "button plain", onclick: () => dialog.close() }, "Cancel"),
        h("button", { type: "submit", class: "button" }, "Open ticket")));
    const dialog = h("dialog", { class: "dialog", onclose: () => dialog.remove() }, form);
    if (this.query.helpdesk) form.elements.helpdesk.value = this.query.helpdesk;
    document.body.append(dialog);
    dialog.showModal();
    form.elements.subject.focus();
  }
}
