// Zendesk's side of its app framework, as far as sidebar apps need it (platform page: Zendesk 6.2 and 6.6).
// What an app changes stands in the agent's form until the agent submits.

import { escaped, toText } from "./composer.js";

export class ZendeskHost {
  constructor(view, frame, origin, app) {
    Object.assign(this, { view, frame, origin, app, messages: null });
    this.listener = (event) => this.heard(event);
    addEventListener("message", this.listener);
  }

  close() {
    removeEventListener("message", this.listener);
  }

  post(message) {
    this.frame.contentWindow?.postMessage(JSON.stringify(message), this.origin);
  }

  emit(event, message = {}) {
    this.post({ key: `zaf.${event}`, message });
  }

  async heard(event) {
    if (event.source !== this.frame.contentWindow || event.origin !== this.origin) return;
    let data;
    try { data = JSON.parse(event.data); } catch { return; }
    if (data.key === "iframe.handshake") {
      this.emit("app.registered", {
        metadata: { appId: 0, name: this.app.name, installationId: 1, version: "1.0", settings: this.app.settings },
        context: { product: "support", location: "ticket_sidebar", account: { subdomain: "sandbox" }, ticketId: this.view.id },
      });
      this.emit("app.activated", { firstLoad: true });
    } else if (data.request) {
      this.post({ id: data.id, result: await this.answer(data.request, data.params) });
    } else if (String(data.key).startsWith("request:")) {
      await this.request(data.key, data.message);
    }
  }

  async answer(request, params) {
    const result = { errors: {} };
    const work = { get: (path) => this.get(path), set: (path) => this.set(path, params[path]), invoke: (name) => this.invoke(name, params[name]) }[request];
    for (const path of Array.isArray(params) ? params : Object.keys(params)) {
      try {
        result[path] = await work(path);
      } catch (problem) {
        result.errors[path] = { name: "APIUnavailableError", message: problem.message, path };
      }
    }
    return result;
  }

  get(path) {
    const { ticket, text, mode } = this.view;
    switch (path) {
      case "ticket.id": return ticket.id;
      case "ticket.subject": return ticket.subject;
      case "ticket.tags": return this.view.pending.tags ?? ticket.tags;
      case "ticket.conversation": return ticket.timeline.filter((one) => one.kind === "message").map((one) => ({
        author: { name: one.author, role: one.role === "customer" ? "end-user" : one.role },
        message: { content: one.html, contentType: "text/html" }, timestamp: one.at,
      }));
      case "comment.text": return text.value ? `<p>${escaped(text.value).replaceAll("\n", "<br>")}</p>` : "";
      case "comment.type": return mode === "note" ? "internalNote" : "publicReply";
      case "currentUser": return { name: this.view.app.agentName, email: this.view.app.agent, role: "agent", locale: "en-US" };
      default: throw new Error(`does not exist: ${path}`);
    }
  }

  set(path, value) {
    if (path === "comment.type") this.view.setMode(value === "internalNote" ? "note" : "agent");
    else if (path === "ticket.tags") this.view.plan({ tags: value });
    else throw new Error(`cannot be set: ${path}`);
    return value;
  }

  async invoke(name, args) {
    switch (name) {
      case "ticket.editor.insert":
      case "comment.appendHtml": return this.view.insert(toText(args[0]));
      case "comment.appendText": return this.view.insert(args[0]);
      case "macro": return this.macro(args[0]);
      case "resize": this.frame.style.height = args[0].height; return true;
      default: throw new Error(`cannot be invoked: ${name}`);
    }
  }

  async macro(id) {
    const answer = await fetch("/workspace/apps/zendesk/macro", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ticket: this.view.id, macro: id, agent: this.view.app.agent }),
    });
    if (!answer.ok) throw new Error("there is no such macro");
    const { text, status, tags } = await answer.json();
    this.view.insert(text);
    this.view.plan({ status, tags });
    return true;
  }

  async request(key, options) {
    const answer = await fetch("/workspace/apps/zendesk/request", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(options),
    }).then((one) => one.json()).catch(() => ({ status: 0, text: "" }));
    const good = (answer.status >= 200 && answer.status < 300) || answer.status === 304;
    const args = good ? [answer.status === 304 ? null : JSON.parse(answer.text || "null")] : [{ status: answer.status, responseText: answer.text }];
    this.emit(`${key}.${good ? "done" : "fail"}`, { responseArgs: args });
  }

  // -- what the workspace tells

  drawn(ticket) {
    const messages = ticket.timeline.filter((one) => one.kind === "message").length;
    if (this.messages !== null && messages !== this.messages) this.emit("ticket.conversation.changed");
    else if (this.messages !== null) this.emit("ticket.updated");
    this.messages = messages;
  }

  written() {
    this.emit("comment.text.changed");
  }

  opened() {}

  sending() {
    this.emit("ticket.submit.start");
    // The app may look at the text before the form is emptied.
    return new Promise((resolve) => { setTimeout(resolve, 60); });
  }

  sent() {
    this.emit("ticket.submit.done");
  }
}
