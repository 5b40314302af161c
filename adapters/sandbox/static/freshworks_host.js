// Freshdesk's side of the Freshworks client, as far as sidebar apps need it (platform page: Freshdesk 5.4).

import { escaped, toText } from "./composer.js";

const TALLEST = 700;

export class FreshworksHost {
  constructor(view, frame, origin, app) {
    Object.assign(this, { view, frame, origin, app });
    this.listener = (event) => this.heard(event);
    addEventListener("message", this.listener);
  }

  close() {
    removeEventListener("message", this.listener);
  }

  post(message) {
    this.frame.contentWindow?.postMessage({ freshworks: true, ...message }, this.origin);
  }

  emit(event, data = {}) {
    this.post({ event, data });
  }

  async heard(event) {
    if (event.source !== this.frame.contentWindow || event.origin !== this.origin || !event.data?.freshworks) return;
    const { id, name, args } = event.data;
    try {
      this.post({ id, result: await this.call(name, ...args) });
    } catch (error) {
      this.post({ id, error: error instanceof Error ? { status: 400, message: error.message } : error });
    }
  }

  call(name, ...args) {
    switch (name) {
      case "initialized": return true;
      case "data.get": return this.data(args[0]);
      case "request.invokeTemplate": return this.template(...args);
      case "interface.trigger": return this.trigger(...args);
      case "instance.resize": this.frame.style.height = `${Math.min(parseInt(args[0].height, 10), TALLEST)}px`; return true;
      case "iparams.get": return this.app.settings;
      default: throw new Error(`${name} is not offered`);
    }
  }

  data(name) {
    const { ticket } = this.view;
    if (name === "ticket") return { ticket: { id: ticket.id, subject: ticket.subject, tags: ticket.tags } };
    if (name === "loggedInUser") return { loggedInUser: { contact: { name: this.view.app.agentName, email: this.view.app.agent } } };
    throw new Error(`there is no data called ${name}`);
  }

  async template(template, { context = {}, body } = {}) {
    const answer = await fetch("/workspace/apps/freshdesk/request", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ template, context, body }),
    }).then((one) => one.json()).catch(() => ({ status: 0, text: "" }));
    if (answer.status < 200 || answer.status >= 300) throw { status: answer.status || 502, response: answer.text };
    return { status: answer.status, headers: {}, response: answer.text };
  }

  // Whether a real Freshdesk keeps what stands in an open reply is not documented: here it does not.
  trigger(name, { id, text = "" }) {
    if (name !== "click" || id !== "reply") throw new Error(`${name} ${id} is not offered`);
    this.view.setMode("agent");
    this.view.replace(toText(text));
    return true;
  }

  // An app is activated when its ticket is shown: here with a frame of its own (apps.js), in which it starts. Nothing tells
  // it what happens to the ticket while that is open.
  drawn() {}

  written() {}

  opened() {
    this.emit("ticket.replyClick");
  }

  sending() {}

  sent(text) {
    this.emit("ticket.sendReply", { body: `<div>${escaped(text).replaceAll("\n", "<br>")}</div>` });
  }
}
