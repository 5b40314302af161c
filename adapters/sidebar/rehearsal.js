// Practising in the panel: a failure to answer, then the coach's findings and the five steps. Nothing of it is kept.

import { explained, underlined } from "./coach.js";
import { h, icon } from "./dom.js";
import { STEPS } from "./words.js";

export class Rehearsal {
  // `left` is called when the agent goes back to the ticket.
  constructor(host, left) {
    this.host = host;
    this.left = left;
    this.last = "";
    this.title = h("h2", { id: "practice-title" }, "Practise");
    this.task = h("div", { class: "task" });
    this.box = h("textarea", { id: "practice-text", rows: 8, maxlength: 20_000, "data-key": "practice-text" });
    this.check = h("button", { type: "button", class: "button primary", "data-key": "practice-check", onclick: () => this.judge() }, "Check my reply");
    this.said = h("p", { class: "notice", role: "status" });
    this.result = h("div", { class: "practised" });
    this.node = h("section", { class: "practice", "aria-labelledby": "practice-title" },
      h("header", {}, this.title, h("span", { class: "spacer" }),
        h("button", { type: "button", class: "link", "data-key": "practice-leave", onclick: () => this.left() }, "Back to the ticket")),
      h("p", { class: "quiet" }, "Answer this customer as you would. Nothing you write here is sent, stored or counted."),
      this.task, h("label", { for: "practice-text" }, "Your reply"), this.box,
      h("div", { class: "actions" }, this.check,
        h("button", { type: "button", class: "button", "data-key": "practice-next", onclick: () => this.next() }, icon("again"), "Another one")),
      this.said, this.result);
  }

  async start() {
    if (!this.exercise) await this.next();
    this.box.focus();
  }

  async next() {
    // There is nothing to answer until it is there, and nothing typed meanwhile is taken away when it comes.
    this.box.readOnly = true;
    await this.attempt(async () => {
      this.exercise = await this.host.send("exercise", { after: this.last });
      this.last = this.exercise.id;
      this.box.value = "";
      this.result.replaceChildren();
      const about = [this.exercise.trade, this.exercise.tone].filter(Boolean).join(", ");
      this.task.replaceChildren(
        ...[about && h("p", { class: "quiet" }, about), h("blockquote", {}, this.exercise.text),
          this.exercise.facts.length > 0 && h("p", { class: "known" }, "What you know:"),
          this.exercise.facts.length > 0 && h("ul", { class: "facts" }, this.exercise.facts.map((fact) => h("li", {}, fact)))].filter(Boolean));
    });
  }

  async judge() {
    const text = this.box.value;
    if (!text.trim()) {
      this.said.textContent = "Write a reply first.";
      this.box.focus();
      return;
    }
    await this.attempt(async () => this.show(text, await this.host.send("rehearsal", { exercise: this.exercise.id, text })));
  }

  show(text, { steps, findings, available, complaints }) {
    const open = steps.filter((one) => !one.seen).length;
    this.result.replaceChildren(...[
      h("h2", {}, "The five steps"),
      h("ol", { class: "steps" }, steps.map((one) => h("li", { class: one.seen ? "seen" : "unseen" },
        icon(one.seen ? "check" : "quiet"),
        h("div", {}, h("strong", {}, STEPS[one.step][0]), h("span", { class: "hidden" }, one.seen ? ": seen" : ": not seen"),
          one.seen ? h("q", {}, one.text) : h("p", { class: "quiet" }, `Not seen. ${STEPS[one.step][1]}`))))),
      open > 0 && h("p", { class: "quiet" }, "Not seen is not missing: you may have said it in words that are not known here."),
      h("h2", {}, "The coach"),
      !available ? h("p", { class: "quiet" }, "The coach is not installed.")
        : findings.length ? h("div", { class: "marked" }, underlined(text, findings)) : h("p", { class: "well" }, "Nothing to add: that reads well."),
      findings.length > 0 && h("ul", { class: "findings" }, findings.map((one) => explained(one))),
      h("p", { class: "quiet" }, `What went wrong here: ${complaints.join(", ")}.`),
    ].filter(Boolean));
    this.said.textContent = open ? `${steps.length - open} of the ${steps.length} steps seen.` : "All five steps seen.";
  }

  async attempt(work) {
    this.check.disabled = true;
    this.said.textContent = "";
    try {
      await work();
    } catch {
      this.said.textContent = "Makeright cannot be reached just now. What you wrote is still there.";
    } finally {
      this.check.disabled = this.box.readOnly = !this.exercise;
    }
  }
}
