// Building the panel. Everything that came from a ticket goes in as text; there is no way in for markup.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", SHAPES[name]);
  svg.append(shape);
  return svg;
}

const SHAPES = {
  clock: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM8 4.5V8l2.4 1.6",
  again: "M13.2 8a5.2 5.2 0 1 1-1.6-3.8M13.4 1.9v2.9h-2.9",
  up: "M5 7.2 7.6 2c1 0 1.6.7 1.5 1.7L8.8 6.2H12c.9 0 1.5.8 1.3 1.6l-1 4.4c-.1.6-.6 1-1.3 1H5M5 7.2v6H2.6v-6H5Z",
  down: "M11 8.8 8.4 14c-1 0-1.6-.7-1.5-1.7l.3-2.5H4c-.9 0-1.5-.8-1.3-1.6l1-4.4c.1-.6.6-1 1.3-1H11M11 8.8v-6h2.4v6H11Z",
  check: "M3 8.4 6.4 12 13 4.6",
  cross: "M4 4l8 8M12 4l-8 8",
  person: "M8 8.2a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8ZM2.8 13.8c.5-2.3 2.5-3.6 5.2-3.6s4.7 1.3 5.2 3.6",
  eye: "M1.5 8S3.8 3.7 8 3.7 14.5 8 14.5 8 12.2 12.3 8 12.3 1.5 8 1.5 8ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z",
  quiet: "M3 8h10",
  warn: "M8 2 14.4 13.2H1.6L8 2ZM8 6.2v3.2M8 11.3v.1",
};
