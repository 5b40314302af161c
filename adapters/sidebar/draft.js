// A draft with its gaps: filling them in, what it reads like then, and how far the sent reply moved from it.

// The draft as text. A gap that is still open stays visible as its question in square brackets.
export function filled(draft, values) {
  const questions = new Map(draft.gaps);
  return draft.parts.map((part) => (part.gap ? given(part.gap, values) || `[${questions.get(part.gap)}]` : part.text)).join("");
}

export const given = (gap, values) => (values.get(gap) || "").trim();

export const open = (draft, values) => draft.gaps.filter(([gap]) => !given(gap, values));

// For composers that take HTML. Everything is escaped; only paragraphs and line breaks are ours.
export function asHtml(text) {
  const escaped = text.replace(/[&<>"']/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[sign]);
  return escaped.split(/\n{2,}/).map((paragraph) => `<p>${paragraph.replaceAll("\n", "<br>")}</p>`).join("");
}

// Plain text of what stands in a composer, read without running or loading anything.
export function asText(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const node of page.querySelectorAll("br")) node.replaceWith("\n");
  for (const node of page.querySelectorAll("p, div, li")) node.append("\n");
  for (const node of page.querySelectorAll("script, style, template")) node.remove();
  return page.body.textContent.replace(/\n{3,}/g, "\n\n").trim();
}

const LONGEST = 1500;

// How much of `sent` is not from `draft`: 0 for the same words in the same order, 1 where nothing was kept.
export function distance(draft, sent) {
  const a = words(draft), b = words(sent);
  if (!a.length || !b.length) return a.length === b.length ? 0 : 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  a.forEach((word, i) => {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (word === b[j - 1] ? 0 : 1));
    }
    row = next;
  });
  return Math.round((row[b.length] / Math.max(a.length, b.length)) * 1000) / 1000;
}

const words = (text) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) || []).slice(0, LONGEST);
