// The panel that both sidebar apps show. `host` is what differs between helpdesks (see README.md beside this file).

import { CoachBox } from "./coach.js";
import { countdown } from "./clock.js";
import { GoodwillBox } from "./goodwill.js";
import { Rehearsal } from "./rehearsal.js";
import { distance, filled, given, open } from "./draft.js";
import { h, icon } from "./dom.js";
import { emptiness, percent, POLICIES, REASONS, TROUBLES, VARIANTS } from "./words.js";

const TICK = 15_000;
// While a ticket is being read: soon at first, then less and less often, and not for ever.
const LOOKS = [700, 1200, 2000, 3000, 5000, 8000, 13_000, 21_000];
const RETRIES = [5000, 15_000, 30_000, 60_000];

export class Panel {
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.view = null;
    this.values = new Map();
    this.variant = "full";
    this.inserted = null;
    this.corrections = new Map();
    this.looks = 0;
    this.failures = 0;
  }

  async start() {
    const me = await this.host.ready();
    this.agent = me.agent;
    this.host.onChange(() => this.refresh());
    this.host.onSent?.((text) => this.sent(text));
    this.coach = new CoachBox(this.host, "full");
    this.goodwill = new GoodwillBox(this.host, () => this.refresh());
    this.goodwill.agent = this.agent;
    this.rehearsal = new Rehearsal(this.host, () => { this.practising = false; this.render(); });
    new ResizeObserver(() => this.host.resize(Math.ceil(this.root.getBoundingClientRect().height))).observe(this.root);
    setInterval(() => this.tick(), TICK);
    await this.refresh();
    performance.mark("panel-shown");
  }

  // -- fetching

  // Whether what is shown is what the service says now.
  async refresh() {
    clearTimeout(this.timer);
    const turn = (this.turn = {});
    try {
      const [answer, newest] = await Promise.all([this.host.panel(this.view?.version), this.host.newestCustomerAt()]);
      if (this.turn !== turn) return false;
      const recovered = this.failures > 0;
      this.failures = 0;
      if (answer) {
        if (answer.decision_id !== this.view?.decision_id) this.renew();
        this.view = answer;
      }
      this.stale = Boolean(newest && this.view.anchor_at && newest - Date.parse(this.view.anchor_at) > 1500);
      if (answer || recovered || this.stale !== this.shownStale) this.render();
      this.lookAgain();
      return true;
    } catch (problem) {
      if (this.turn === turn) this.failed(TROUBLES[problem.kind] ? problem.kind : "unreachable");
      return false;
    }
  }

  // What is shown may be overtaken, so nothing of it goes into a reply.
  get held() {
    return Boolean(this.stale || this.view.checking);
  }

  // A new decision: what was said and inserted belongs to the one before. Facts that were filled in are kept.
  renew() {
    this.inserted = null;
    this.rated = null;
    this.notice = null;
    this.corrections = new Map();
    this.goodwill.words = "";
  }

  lookAgain() {
    if (!this.held) this.looks = 0;
    else if (this.looks < LOOKS.length) this.timer = setTimeout(() => this.refresh(), LOOKS[this.looks++]);
  }

  failed(kind) {
    const pause = RETRIES[Math.min(this.failures, RETRIES.length - 1)];
    this.failures += 1;
    if (kind !== "refused") this.timer = setTimeout(() => this.refresh(), pause);
    if (this.practising) return;
    const trouble = TROUBLES[kind];
    this.draw([this.empty("warn", trouble.title, trouble.text,
      h("button", { type: "button", class: "button", onclick: () => this.refresh() }, icon("again"), "Try again"))], "trouble");
  }

  // -- drawing

  render() {
    const { view } = this;
    if (this.practising) return;
    this.shownStale = this.stale;
    this.coach.policy = view.policy;
    if (view.state !== "suggestion") {
      this.draw(this.nothing(view), view.state);
      return;
    }
    this.draw([
      this.banner(),
      h("div", { class: this.stale ? "body stale" : "body" },
        this.complaints(), this.clock(), this.relationship(), this.macros(), this.draft(), this.gestures(), this.coach.node, this.opinion()),
      this.more(),
    ], this.stale ? "stale" : "suggestion");
  }

  draw(nodes, state) {
    const held = document.activeElement?.dataset?.key;
    this.root.replaceChildren(...nodes.filter(Boolean));
    this.root.dataset.state = state;
    this.root.setAttribute("aria-busy", "false");
    if (held) this.root.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
  }

  empty(name, title, text, ...more) {
    return h("section", { class: "empty" }, h("span", { class: "empty-icon" }, icon(name)), h("h2", {}, title), h("p", {}, text), ...more);
  }

  nothing(view) {
    const { icon: name, title, text, label } = emptiness(view);
    const again = view.state === "not_read" && !view.checking
      && h("button", { type: "button", class: "button", onclick: () => { this.looks = 0; this.refresh(); } }, icon("again"), "Look again");
    return [
      view.checking && view.state === "silent" ? this.banner() : null,
      this.empty(name, title, text, again),
      label && view.decision_id ? this.missed("Did we miss one?") : null,
      view.state === "silent" ? this.coach.node : null,
      this.more(),
    ];
  }

  // The way to the practice, below everything that is about the ticket.
  more() {
    return h("nav", { class: "more", "aria-label": "More" },
      h("button", { type: "button", class: "link", "data-key": "practise", onclick: () => this.practise() }, "Practise"));
  }

  practise() {
    this.practising = true;
    this.draw([this.rehearsal.node], "practice");
    this.rehearsal.start();
  }

  gestures() {
    return this.view.goodwill ? this.goodwill.node(this.view.goodwill, this.stale) : null;
  }

  banner() {
    if (!this.held) return null;
    const gaveUp = this.looks >= LOOKS.length;
    return h("div", { class: "banner", role: "status" }, icon("again"),
      h("p", {}, this.stale ? "The customer has written again. This suggestion is for the message before" : "The ticket has changed",
        gaveUp ? "." : "; it is being read now."),
      gaveUp && h("button", { type: "button", class: "link", onclick: () => { this.looks = 0; this.refresh(); } }, "Look again"));
  }

  complaints() {
    return h("section", { class: "complaints", "aria-label": "What went wrong" },
      this.view.complaints.map((one) => this.complaint(one)), this.missed("Another one as well?"));
  }

  complaint(one) {
    const wrong = this.verdict(one) === "wrong";
    return h("article", { class: wrong ? "complaint wrong" : "complaint", "aria-label": one.title },
      h("header", {}, h("h2", { title: one.meaning }, one.title), h("span", { class: "probability" }, percent(one.probability))),
      wrong ? this.corrected(one) : [
        one.quotes.map((quote) => h("blockquote", {}, quote.text)),
        h("button", {
          type: "button", class: "link", "data-key": `not-${one.key}`, "aria-label": `Not this: ${one.title}`,
          onclick: () => this.correct(one.key, "wrong"),
        }, icon("cross"), "Not this"),
      ]);
  }

  corrected(one) {
    const reason = this.corrections.get(one.key)?.reason;
    return h("div", { class: "why-not" },
      h("p", { role: "status" }, icon("check"), reason ? "Thank you, noted with your reason." : "Noted. Why is it not this?"),
      !reason && h("div", { class: "chips" }, REASONS.map(([key, text]) =>
        h("button", { type: "button", class: "chip", "data-key": `${one.key}-${key}`, onclick: () => this.correct(one.key, "wrong", key) }, text))),
      h("button", { type: "button", class: "link", "data-key": `undo-${one.key}`, onclick: () => this.correct(one.key, "withdrawn") }, "Undo"));
  }

  missed(title) {
    const found = new Set(this.view.complaints.map((one) => one.key));
    const others = this.view.labels.filter((one) => !found.has(one.key));
    if (!others.length) return null;
    const added = (key) => (this.corrections.get(key)?.verdict ?? (this.view.missing.includes(key) ? "missing" : "")) === "missing";
    return h("details", { class: "missed", open: this.opened || others.some((one) => added(one.key)), ontoggle: (event) => { this.opened = event.target.open; } },
      h("summary", { "data-key": "missed" }, title),
      h("div", { class: "chips", role: "group", "aria-label": title }, others.map((one) =>
        h("button", {
          type: "button", class: "chip", title: one.meaning, "aria-pressed": String(added(one.key)), "data-key": `missing-${one.key}`,
          onclick: () => this.correct(one.key, added(one.key) ? "withdrawn" : "missing"),
        }, one.title))));
  }

  clock() {
    const { clock } = this.view;
    if (!clock) return null;
    this.face = {
      left: h("strong", { class: "left" }), when: h("span", { class: "when" }),
      node: h("section", { class: "clock", "aria-label": "Deadline" }),
      bar: h("progress", { max: 1, "aria-label": "Time used" }),
    };
    this.face.node.append(h("div", { class: "clock-line" }, icon("clock"), this.face.left, this.face.when), this.face.bar,
      clock.words ? h("details", {}, h("summary", { "data-key": "clock-why" }, "Why then"), h("p", {}, clock.words)) : "");
    this.tick();
    return this.face.node;
  }

  tick() {
    if (!this.face || !this.view?.clock) return;
    const { left, when, state, share } = countdown(this.view.clock);
    this.face.left.textContent = left;
    this.face.when.textContent = `by ${when}`;
    this.face.node.dataset.urgency = state;
    this.face.bar.value = share;
  }

  relationship() {
    const { relationship, remedy } = this.view;
    return [
      remedy && h("p", { class: "remedy" }, h("span", { class: "tag-word" }, "Do"), remedy),
      relationship && h("p", { class: "relationship" }, icon("person"), relationship),
    ];
  }

  macros() {
    if (!this.view.macros.length) return null;
    return h("section", { class: "macros", "aria-labelledby": "macros-title" },
      h("h2", { id: "macros-title" }, "Your team's replies"),
      h("ul", {}, this.view.macros.map((macro) => h("li", {},
        h("div", {}, h("span", { class: "macro-title" }, macro.title), macro.reason && h("span", { class: "quiet" }, macro.reason)),
        h("button", {
          type: "button", class: "button", "data-key": `macro-${macro.id}`, "aria-label": `${this.host.macroWord}: ${macro.title}`,
          disabled: this.held, onclick: () => this.apply(macro),
        }, this.host.macroWord)))));
  }

  draft() {
    const { drafts, policy } = this.view;
    if (!drafts.length) return null;
    const draft = drafts.find((one) => one.variant === this.variant) || drafts[0];
    this.preview = h("div", { class: "preview", "data-testid": "preview", tabindex: "0", role: "region", "aria-label": "The draft as it reads now" });
    this.buttons = h("div", { class: "actions" });
    this.toast = h("p", { class: "notice", role: "status" });
    const node = h("section", { class: "draft", "aria-labelledby": "draft-title" },
      h("h2", { id: "draft-title" }, "Draft"),
      drafts.length > 1 && h("div", { class: "segments", role: "group", "aria-label": "Kind of draft" }, drafts.map((one) =>
        h("button", {
          type: "button", "aria-pressed": String(one === draft), "data-key": `variant-${one.variant}`,
          onclick: () => { this.variant = one.variant; this.notice = null; this.render(); },
        }, VARIANTS[one.variant] || one.variant))),
      (draft.hold || POLICIES[policy]) && h("p", { class: "policy" }, icon("warn"), POLICIES[policy] || draft.hold),
      this.gaps(draft), this.preview, this.buttons, this.toast);
    this.write(draft);
    return node;
  }

  gaps(draft) {
    if (!draft.gaps.length) return null;
    return h("div", { class: "gaps", role: "group", "aria-label": "Missing facts" }, draft.gaps.map(([gap, question]) =>
      h("div", { class: "gap" },
        h("label", { for: `gap-${gap}` }, question.charAt(0).toUpperCase() + question.slice(1)),
        h("div", { class: "gap-field" },
          h("input", {
            id: `gap-${gap}`, type: "text", autocomplete: "off", maxlength: 300, "data-key": `gap-${gap}`, value: this.values.get(gap) || "",
            oninput: (event) => { this.values.set(gap, event.target.value); this.write(draft); },
          }),
          gap === "owner" && this.agent && h("button", {
            type: "button", class: "link", "aria-label": `${question} Me, ${this.agent}`,
            onclick: (event) => {
              event.currentTarget.previousSibling.value = this.agent;
              this.values.set(gap, this.agent);
              this.write(draft);
            },
          }, "me")))));
  }

  // The preview and its buttons, after every letter that is filled in.
  write(draft) {
    this.preview.replaceChildren(...draft.parts.map((part) => {
      if (!part.gap) return document.createTextNode(part.text);
      const value = given(part.gap, this.values);
      const question = draft.gaps.find(([gap]) => gap === part.gap)?.[1] || "";
      return h("span", { class: value ? "filled" : "hole" }, value || `[${question}]`);
    }));
    const left = open(draft, this.values).length;
    const call = draft.variant === "call";
    const done = this.inserted?.variant === draft.variant;
    const first = call
      ? h("button", { type: "button", class: "button primary", "data-key": "copy", onclick: () => this.copy(draft) }, "Copy call script")
      : h("button", { type: "button", class: "button primary", "data-key": "insert", disabled: this.held, onclick: () => this.insert(draft) }, done ? "Insert again" : "Insert");
    const second = !call && h("button", { type: "button", class: "button", "data-key": "copy", onclick: () => this.copy(draft) }, "Copy");
    const held = document.activeElement?.dataset?.key;
    this.buttons.replaceChildren(...[first, second, h("span", { class: "quiet" }, left ? `${left} ${left === 1 ? "fact" : "facts"} missing` : "")].filter(Boolean));
    if (held === "insert" || held === "copy") this.buttons.querySelector(`[data-key="${held}"]`)?.focus();
    this.toast.textContent = this.notice || "";
  }

  opinion() {
    const thumb = (kind, name, text) => h("button", {
      type: "button", class: "icon-button", "aria-label": text, title: text, "aria-pressed": String(this.rated === kind), "data-key": kind,
      onclick: () => { this.rated = kind; this.tell({ kind }); this.render(); },
    }, icon(name));
    return h("footer", { class: "opinion" },
      h("span", {}, this.rated ? "Thank you." : "Was this of use?"),
      thumb("thumbs_up", "up", "Yes, this helped"), thumb("thumbs_down", "down", "No, this did not help"),
      h("span", { class: "spacer" }),
      h("button", { type: "button", class: "link", "data-key": "dismiss", onclick: () => this.dismiss() }, "Dismiss"));
  }

  // -- acting

  verdict(one) {
    return this.corrections.get(one.key)?.verdict ?? one.verdict;
  }

  correct(key, verdict, reason) {
    this.corrections.set(key, { verdict, reason });
    this.render();
    this.tell({ kind: "label_corrected", label: key, verdict, reason });
  }

  // Not every helpdesk tells an app that the customer has written, so the service is asked once more.
  async isCurrent() {
    const shown = this.view.decision_id;
    if ((await this.refresh()) && this.view.decision_id === shown && !this.held) return true;
    this.say(null, "Nothing was inserted: the ticket has changed. Read what stands here now.");
    return false;
  }

  async insert(draft) {
    if (!(await this.isCurrent())) return;
    const text = filled(draft, this.values);
    const outcome = await this.attempt(() => this.host.insert(text));
    if (outcome === "inserted") {
      this.inserted = { variant: draft.variant, text };
      this.say(draft, open(draft, this.values).length ? "Inserted. Fill in what stands in brackets before you send." : "Inserted. Read it once more, then send it yourself.");
      this.tell({ kind: "accepted", variant: draft.variant });
      // Where we cannot read along, the coach looks at what was put in.
      if (!this.coach.live) this.coach.ask(text);
    } else if (outcome === "occupied") {
      await this.copy(draft, "You are writing already, so nothing was touched. The draft is on your clipboard.");
    }
  }

  async apply(macro) {
    if (!(await this.isCurrent())) return;
    const { text } = macro;
    const outcome = await this.attempt(() => this.host.applyMacro(macro, text));
    if (outcome === "occupied") {
      await this.attempt(() => this.host.copy(text));
      this.say(null, "You are writing already, so nothing was touched. The reply is on your clipboard.");
    } else if (outcome === "inserted") {
      this.say(null, `“${macro.title}” is in your reply.`);
      this.tell({ kind: "macro_applied", macro_id: macro.id });
    }
  }

  async copy(draft, words = "Copied.") {
    const text = filled(draft, this.values);
    const copied = await this.attempt(() => this.host.copy(text));
    if (copied === undefined) return;
    this.say(draft, words);
    if (draft.variant === "call") this.tell({ kind: "accepted", variant: "call" });
  }

  async attempt(work) {
    try {
      return await work();
    } catch {
      this.say(null, "The helpdesk did not take it. Try again, or use Copy.");
      return undefined;
    }
  }

  say(draft, text) {
    this.notice = text;
    if (draft) this.write(draft);
    else if (this.toast) this.toast.textContent = text;
  }

  // The agent has sent a reply: how far it moved from what was inserted. The text itself stays here.
  sent(text) {
    if (!this.inserted || typeof text !== "string") return;
    this.tell({ kind: "edited", variant: this.inserted.variant, distance: distance(this.inserted.text, text) });
    this.inserted = null;
    this.coach.idle();
  }

  dismiss() {
    this.tell({ kind: "dismissed" });
    this.draw([this.empty("check", "Dismissed", "Nothing more is suggested for this message.",
      h("button", { type: "button", class: "button", "data-key": "dismiss", onclick: () => this.render() }, "Show it again"))], "dismissed");
  }

  // An answer that does not arrive is no reason to disturb the agent.
  async tell(answer) {
    try {
      const tags = await this.host.send("feedback", { decision_id: this.view.decision_id, host_tags: Boolean(this.host.changeTags), ...answer });
      if (this.host.changeTags && (tags.add.length || tags.remove.length)) await this.host.changeTags(tags);
    } catch {
      console.info("Makeright: feedback not delivered");
    }
  }
}
