// Small tools for building the page. Text always goes in as text; only cleaned message bodies go in as HTML.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(path, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  if (label) svg.setAttribute("aria-label", label);
  else svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export const icons = {
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5Z",
  close: "M6 6l12 12M18 6L6 18",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.5 15.5L20 20",
  plus: "M12 5v14M5 12h14",
  puzzle: "M9 4a2 2 0 1 1 4 0v2h5v5h-2a2 2 0 1 0 0 4h2v5H4v-5h2a2 2 0 1 0 0-4H4V6h5Z",
  mail: "M3 6h18v12H3ZM3 7l9 6 9-6",
  cog: "M4 7h10M18 7h2M4 17h2M10 17h10M16 4v6M8 14v6",
};

// The sandbox has its own clock: "ago" is counted from the time the server named.
export function when(text, now) {
  const moment = new Date(text);
  const seconds = Math.max(0, (new Date(now) - moment) / 1000);
  const label =
    seconds < 45 ? "just now"
    : seconds < 3600 ? `${Math.max(1, Math.round(seconds / 60))} min ago`
    : seconds < 86400 ? `${Math.round(seconds / 3600)} h ago`
    : moment.toLocaleDateString(undefined, { day: "numeric", month: "short", year: seconds > 2e7 ? "numeric" : undefined });
  return h("time", { datetime: text, title: moment.toLocaleString() }, label);
}

export function avatar(name, role) {
  const initials = name.split(/\s+/).map((part) => part[0] || "").slice(0, 2).join("").toUpperCase();
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 8;
  return h("span", { class: `avatar tone-${hue}`, "data-role": role, "aria-hidden": "true" }, initials);
}

export const chip = (helpdesk) =>
  h("span", { class: `chip ${helpdesk}` }, helpdesk === "zendesk" ? "Zendesk" : "Freshdesk");

export const badge = (ticket) => h("span", { class: `status ${ticket.status}` }, ticket.status_label);

export const priority = (ticket) =>
  ticket.priority ? h("span", { class: `priority ${ticket.priority}` }, ticket.priority_label) : null;
