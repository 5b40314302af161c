// Between the workspace's plain composer and the HTML that apps speak.

export const escaped = (text) =>
  text.replace(/[&<>"']/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[sign]);

// Read without running or loading anything.
export function toText(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const node of page.querySelectorAll("script, style, template")) node.remove();
  for (const node of page.querySelectorAll("br")) node.replaceWith("\n");
  for (const node of page.querySelectorAll("p, div, li")) node.append(node.matches("p") ? "\n\n" : "\n");
  return page.body.textContent.replace(/\n{3,}/g, "\n\n").trim();
}
