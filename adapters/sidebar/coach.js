// The draft coach in the panel: what it finds is underlined with a reason and better words. It never blocks anything.

import { h, icon } from "./dom.js";
import { RULES } from "./words.js";

const PAUSE = 600;
const SHORTEST = 12;

export class CoachBox {
  // `host.onComposer`: the draft is read along as it is written. Otherwise the agent pastes it into a box of our own.
  constructor(host, policy) {
    this.host = host;
    this.policy = policy;
    this.said = h("p", { class: "quiet", role: "status" });
    this.marked = h("div", { class: "marked", hidden: true });
    this.list = h("ul", { class: "findings", hidden: true });
    this.live = Boolean(host.onComposer);
    this.box = this.live ? null : h("textarea", {
      id: "coach-text", rows: 3, placeholder: "Paste or write your reply here",
      oninput: () => this.heard(this.box.value),
    });
    this.node = h("section", { class: "coach", "aria-labelledby": "coach-title" },
      h("h2", { id: "coach-title" }, "Draft coach"),
      this.box && h("label", { class: "hidden", for: "coach-text" }, "Your reply, for the coach to read"),
      this.box, this.marked, this.list, this.said);
    this.idle();
    if (this.live) host.onComposer((text) => this.heard(text));
  }

  idle() {
    this.silent(this.live ? "Reads along while you write. Nothing is stored." : "Checks what you paste, and every draft you insert. Nothing is stored.");
  }

  silent(why) {
    this.text = "";
    this.show([], "");
    this.said.textContent = why;
  }

  heard(text) {
    clearTimeout(this.timer);
    if (text === this.text) return;
    // What was found, or is being looked for, is about other words.
    this.turn = null;
    this.idle();
    if (text.trim().length >= SHORTEST) this.timer = setTimeout(() => this.ask(text), PAUSE);
  }

  async ask(text) {
    if (text === this.text) return;
    const turn = (this.turn = {});
    try {
      const answer = await this.host.send("coach", { text, policy: this.policy });
      if (this.turn !== turn) return;
      if (!answer.available) return this.silent("The coach is not installed.");
      this.text = text;
      this.show(answer.findings, text);
    } catch {
      if (this.turn === turn) this.silent("The coach cannot be reached just now.");
    }
  }

  show(findings, text) {
    this.marked.hidden = this.list.hidden = !findings.length;
    this.said.textContent = text && !findings.length ? "Nothing to add: that reads well." : "";
    this.said.classList.toggle("well", Boolean(text) && !findings.length);
    // An inserted draft is judged as well, and stands in the helpdesk's own composer.
    const here = this.box?.value === text;
    this.marked.replaceChildren(...underlined(text, findings));
    this.list.replaceChildren(...findings.map((one) => explained(one, here && (() => this.replace(one, text)))));
  }

  // Only in the very words that were judged: what was written since is not ours to take away.
  replace(one, text) {
    if (this.box.value !== text) return this.heard(this.box.value);
    const letters = [...text];
    this.box.value = [...letters.slice(0, one.start), one.instead, ...letters.slice(one.end)].join("");
    this.box.focus();
    this.ask(this.box.value);
  }
}

// The draft with the places of the findings underlined. Places are counted in characters, not in the 16-bit units of a
// JavaScript string.
export function underlined(text, findings) {
  const letters = [...text];
  const pieces = [];
  let at = 0;
  for (const one of [...findings].sort((a, b) => a.start - b.start)) {
    if (one.start < at) continue;
    pieces.push(letters.slice(at, one.start).join(""), h("mark", {}, letters.slice(one.start, one.end).join("")));
    at = one.end;
  }
  return [...pieces, letters.slice(at).join("")];
}

// One finding: which rule, the words, why, and better ones; `use` puts these into the draft, where that can be done.
export function explained(one, use) {
  return h("li", {},
    h("p", { class: "rule" }, icon("warn"), RULES[one.rule] || one.rule, h("q", {}, one.text)),
    one.why && h("p", {}, one.why),
    one.instead && h("p", { class: "instead" }, h("span", { class: "tag-word" }, "Better"), one.instead,
      use && h("button", { type: "button", class: "link", onclick: use }, "Use it")));
}
