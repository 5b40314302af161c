// Makeright in Freshdesk: what the panel needs, said in the words of the Freshworks client (platform 3.0).
/* global app */

import { asHtml, asText } from "./panel/draft.js";
import { copy } from "./panel/clipboard.js";
import { Panel } from "./panel/panel.js";

const TALLEST = 700;

class FreshdeskHost {
  macroWord = "Insert";

  constructor(client) {
    this.client = client;
    // Whether the agent has a reply open. Its text cannot be read from here, so it must not be written over.
    this.writing = false;
  }

  async ready() {
    const [{ ticket }, user] = await Promise.all([
      this.client.data.get("ticket"), this.client.data.get("loggedInUser").catch(() => ({})),
    ]);
    this.ticket = String(ticket.id);
    this.client.events.on("ticket.replyClick", () => { this.writing = true; });
    this.client.events.on("ticket.sendReply", () => { this.writing = false; });
    return { agent: user.loggedInUser?.contact?.name || user.loggedInUser?.name || "" };
  }

  // Made by Freshworks' servers from a template, with a token that only they know.
  async call(template, body) {
    try {
      const answer = await this.client.request.invokeTemplate(template, {
        context: { ticket_id: this.ticket },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return JSON.parse(answer.response);
    } catch (answer) {
      const status = answer?.status;
      const kind = status === 401 || status === 403 ? "refused" : status === 429 ? "busy" : "unreachable";
      throw Object.assign(new Error(kind), { kind });
    }
  }

  async panel(version) {
    const answer = await this.call("panel");
    return answer.version === version ? undefined : answer;
  }

  send(what, body) {
    return this.call(what, body);
  }

  // Conversations are not among what an app is told; the panel asks the service before anything goes into a reply.
  async newestCustomerAt() {
    return null;
  }

  onChange(heard) {
    for (const event of ["app.activated", "ticket.sendReply"]) this.client.events.on(event, heard);
  }

  onSent(heard) {
    this.client.events.on("ticket.sendReply", (event) => {
      const body = event?.helper?.getData?.()?.body;
      heard(typeof body === "string" ? asText(body) : undefined);
    });
  }

  async insert(text) {
    if (this.writing) return "occupied";
    await this.client.interface.trigger("click", { id: "reply", text: asHtml(text) });
    // From here on what stands in the editor is the agent's.
    this.writing = true;
    return "inserted";
  }

  applyMacro(macro, text) {
    return this.insert(text);
  }

  copy(text) {
    return copy(text);
  }

  resize(height) {
    this.client.instance.resize({ height: `${Math.min(height, TALLEST)}px` })?.catch?.(() => {});
  }
}

const client = await app.initialized();
new Panel(document.getElementById("panel"), new FreshdeskHost(client)).start();
