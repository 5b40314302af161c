// Goodwill in the panel: what may be offered, what was asked for, and asking. Within the agent's limit it is given at once,
// above it somebody else has to say yes; only what is approved stands in the draft.

import { h, icon } from "./dom.js";
import { gestureState } from "./words.js";

export class GoodwillBox {
  // `changed` is called when what was granted has changed, and with it the draft.
  constructor(host, changed) {
    this.host = host;
    this.changed = changed;
    this.amount = "";
  }

  node(goodwill, stale) {
    const chosen = goodwill.menu.find((one) => one.key === this.chosen) || goodwill.menu[0];
    const costs = Number(chosen.up_to) > 0;
    const waiting = goodwill.asked.filter((one) => one.state === "pending").length;
    this.said = h("p", { class: "said", role: "status" }, this.words || "");
    return h("details", { class: "goodwill", open: this.opened || goodwill.asked.length > 0, ontoggle: (event) => { this.opened = event.target.open; } },
      h("summary", { "data-key": "goodwill" }, waiting ? `Goodwill (${waiting} waiting)` : "Goodwill"),
      goodwill.asked.length > 0 && h("ul", {}, goodwill.asked.map((one) => this.asked(one))),
      h("div", { class: "give" },
        h("label", { for: "goodwill-gesture" }, "Gesture"),
        h("select", { id: "goodwill-gesture", "data-key": "goodwill-gesture", onchange: (event) => { this.chosen = event.target.value; this.redraw(goodwill, stale); } },
          goodwill.menu.map((one) => h("option", { value: one.key, selected: one === chosen }, one.words))),
        costs && h("label", { for: "goodwill-amount" }, `Amount in ${goodwill.currency}`),
        costs && h("input", {
          id: "goodwill-amount", type: "text", inputmode: "decimal", autocomplete: "off", maxlength: 10, value: this.amount, "data-key": "goodwill-amount",
          oninput: (event) => { this.amount = event.target.value; },
        }),
        h("button", { type: "button", class: "button", "data-key": "goodwill-give", disabled: stale, onclick: () => this.give(chosen, costs) }, "Offer")),
      h("p", { class: "quiet" }, `Up to ${goodwill.currency} ${Number(goodwill.limit).toFixed(2)} per customer without asking; above that it waits for a yes.`),
      this.said);
  }

  asked(one) {
    return h("li", {}, h("span", {}, one.words), h("span", { class: `granted ${one.state}` }, gestureState(one)),
      one.state !== "declined" && h("button", {
        type: "button", class: "link", "data-key": `take-back-${one.id}`, "aria-label": `Take back: ${one.words}`, onclick: () => this.send({ withdraw: one.id }),
      }, icon("cross"), "Take back"));
  }

  redraw(goodwill, stale) {
    const drawn = document.querySelector(".goodwill");
    drawn.replaceWith(this.node(goodwill, stale));
    document.getElementById("goodwill-gesture").focus();
  }

  give(chosen, costs) {
    const amount = costs ? this.amount.trim().replace(",", ".") : "0";
    if (!/^\d{1,7}(\.\d{1,2})?$/.test(amount)) {
      this.tell("Write an amount like 12.50.");
      return;
    }
    this.send({ gesture: chosen.key, amount, by: this.agent || "" });
  }

  async send(body) {
    try {
      const { answer, reason } = await this.host.send("goodwill", body);
      if (answer !== "refused") this.amount = "";
      this.tell(body.withdraw ? "Taken back." : `${OUTCOMES[answer]} ${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`);
      this.changed();
    } catch {
      this.tell("That could not be kept. Try again.");
    }
  }

  tell(words) {
    this.words = words;
    this.said.textContent = words;
  }
}

const OUTCOMES = { allowed: "Approved.", needs_approval: "Asked for.", refused: "Not possible." };
