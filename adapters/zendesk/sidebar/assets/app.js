// Makeright in Zendesk: what the panel needs, said in the words of Zendesk's app framework (ZAF v2).
/* global ZAFClient */

import { asHtml, asText } from "./panel/draft.js";
import { copy } from "./panel/clipboard.js";
import { Panel } from "./panel/panel.js";

const TIMEOUT = 12_000;

class ZendeskHost {
  macroWord = "Apply";

  constructor(client) {
    this.client = client;
  }

  async ready() {
    const [{ settings }, ticket, user] = await Promise.all([
      this.client.metadata(), this.client.get("ticket.id"), this.client.get("currentUser").catch(() => ({})),
    ]);
    this.settings = settings;
    this.ticket = ticket["ticket.id"];
    return { agent: user.currentUser?.name || "" };
  }

  // Through Zendesk's proxy, which signs: the secret never comes here.
  async call(path, options = {}) {
    const base = this.settings.makeright_url.replace(/\/+$/, "");
    try {
      return await this.client.request({
        url: `${base}/api/v1/accounts/${encodeURIComponent(this.settings.account)}/tickets/${encodeURIComponent(this.ticket)}${path}`,
        type: "GET", contentType: "application/json", dataType: "json", secure: true, cors: false, timeout: TIMEOUT, autoRetry: false,
        ...options,
        headers: { Authorization: "Bearer {{jwt.token}}", ...options.headers },
        jwt: {
          algorithm: "HS256", secret_key: "{{setting.sidebar_secret}}", expiry: 60,
          claims: { iss: "makeright-sidebar", aud: "makeright", account: this.settings.account },
        },
      });
    } catch (answer) {
      const status = answer?.status;
      if (status === 304) return undefined;
      const kind = status === 401 || status === 403 ? "refused" : status === 429 ? "busy" : "unreachable";
      throw Object.assign(new Error(kind), { kind });
    }
  }

  panel(version) {
    return this.call("", version ? { headers: { "If-None-Match": `"${version}"` } } : {});
  }

  send(what, body) {
    return this.call(`/${what}`, { type: "POST", data: JSON.stringify(body) });
  }

  async newestCustomerAt() {
    try {
      const { "ticket.conversation": said } = await this.client.get("ticket.conversation");
      const times = said.filter((one) => one.author?.role === "end-user").map((one) => Date.parse(one.timestamp)).filter(Boolean);
      return times.length ? Math.max(...times) : null;
    } catch {
      return null;
    }
  }

  onChange(heard) {
    for (const event of ["ticket.conversation.changed", "ticket.updated", "app.activated"]) this.client.on(event, heard);
  }

  onComposer(heard) {
    this.client.on("comment.text.changed", async () => heard(await this.written()));
  }

  onSent(heard) {
    let text = "";
    this.client.on("ticket.submit.start", async () => { text = await this.written(); });
    this.client.on("ticket.submit.done", () => heard(text));
  }

  async written() {
    const { "comment.text": html } = await this.client.get("comment.text");
    return asText(html || "");
  }

  // At the cursor: what the agent has written stays. An empty composer is turned to a public reply first.
  async insert(text) {
    if (!(await this.written())) await this.client.set("comment.type", "publicReply").catch(() => {});
    try {
      await this.client.invoke("ticket.editor.insert", asHtml(text));
    } catch {
      await this.client.invoke("comment.appendHtml", asHtml(text));
    }
    return "inserted";
  }

  async applyMacro(macro) {
    await this.client.invoke("macro", /^\d{1,15}$/.test(macro.id) ? Number(macro.id) : macro.id);
    return "inserted";
  }

  // On the agent's page, so that they go with the agent's own update of the ticket.
  async changeTags({ add, remove }) {
    const { "ticket.tags": tags } = await this.client.get("ticket.tags");
    await this.client.set("ticket.tags", [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])]);
  }

  copy(text) {
    return copy(text);
  }

  resize(height) {
    this.client.invoke("resize", { width: "100%", height: `${height}px` }).catch(() => {});
  }
}

const client = ZAFClient.init();
if (client) new Panel(document.getElementById("panel"), new ZendeskHost(client)).start();
else document.getElementById("panel").textContent = "This page belongs into a ticket in Zendesk.";
