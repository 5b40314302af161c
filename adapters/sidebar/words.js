// What the panel says, in one place.

export const VARIANTS = { full: "Reply", short: "Short", call: "Call script" };

export const REASONS = [
  ["not_said", "The customer does not say that"],
  ["someone_else", "It is about somebody else"],
  ["settled", "Settled already"],
];

export const POLICIES = {
  regret_only: "This category: regret, but no words of fault.",
  hold_for_review: "This category: a second person reads the reply before it is sent.",
};

export const RULES = {
  deflection: "Passes the blame on",
  named_culprit: "Blames a person",
  helplessness: "Leaves them with nothing",
  policy_recital: "Recites policy",
  non_apology: "No real apology",
  customer_blame: "Blames the customer",
  loose_promise: "Promise without who or when",
  pretended_expertise: "Sure of something unchecked",
  repeat_apology: "One apology is enough",
  fault_admission: "Admits fault",
};

// The five steps of a recovery: what each is called, and what to ask oneself where it was not seen.
export const STEPS = {
  acknowledge: ["Acknowledge", "Does your reply say what happened, in the customer's own terms?"],
  apologise: ["Apologise", "Is there one plain apology, without “if” and without “but”?"],
  own: ["Own it", "Does “we” or “I” take it on, with nobody else to blame?"],
  act: ["Act", "Who does what, and by when?"],
  make_right: ["Make it right", "What puts them where they should have been, or asks what would?"],
};

export const gestureState = (one) => ({
  pending: `waits for ${one.approver ? `a ${one.approver}` : "a yes"}`, approved: "approved, in the draft", declined: "declined",
})[one.state] || one.state;

// Why the panel is empty: a title, a sentence, and whether the agent can say what was missed.
export function emptiness(view) {
  switch (view.state) {
    case "shadow":
      return { icon: "eye", title: "Watching in shadow mode", text: "Tickets are read, but nothing is shown or written until your admin turns suggestions on.", label: false };
    case "not_read":
      return view.checking
        ? { icon: "again", title: "Being read now", text: "The suggestion appears here in a moment.", label: false }
        : { icon: "again", title: "Not read yet", text: "This ticket has not been read so far. It is as soon as it changes, or with the next sweep.", label: false };
    default:
      return { icon: "quiet", ...SILENCES[view.reason](view.detail), label: view.reason !== "no_customer_text" };
  }
}

const SILENCES = {
  nothing_above: (detail) => ({
    title: "No complaint found",
    text: Number(detail) ? `Nothing of the four reached ${percent(Number(detail))}. Silence is better than a guess.` : "Nothing of the four was likely enough.",
  }),
  other_language: (detail) => ({ title: "Another language", text: `The message is not in English${detail ? ` (${language(detail)})` : ""}, so it was not judged.` }),
  too_short: () => ({ title: "Too short to tell", text: "The customer's message has too few words to judge." }),
  set_aside: () => ({ title: "Set aside", text: "A colleague has said that this is none of the four. It comes back only if the customer says so again." }),
  no_customer_text: () => ({ title: "Nothing from the customer", text: "The newest words on this ticket are not the customer's." }),
};

function language(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

export const TROUBLES = {
  unreachable: { title: "Makeright cannot be reached", text: "Your ticket is not affected. It is tried again by itself, or when you ask." },
  refused: { title: "This installation is not known", text: "The app's secret does not fit any more. An admin can set it in the app's settings." },
  busy: { title: "Too many calls at once", text: "The limit for this minute is used up. It is tried again by itself." },
};

export const percent = (share) => `${Math.round(share * 100)} %`;
