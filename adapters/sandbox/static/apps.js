// Puts the installed sidebar app into a frame beside the ticket. As on a real helpdesk it comes from another origin, so
// neither can reach into the other.

import { h } from "./dom.js";
import { FreshworksHost } from "./freshworks_host.js";
import { ZendeskHost } from "./zendesk_host.js";

const HOSTS = { zendesk: ZendeskHost, freshdesk: FreshworksHost };

// The other of this machine's two names is another origin.
const elsewhere = () => `${location.protocol}//${location.hostname === "localhost" ? "127.0.0.1" : "localhost"}:${location.port}`;

export async function hostApp(view, slot) {
  const answer = await fetch(`/workspace/apps/${view.helpdesk}`);
  const { app } = await answer.json();
  if (!app || !slot.isConnected) return null;
  const query = new URLSearchParams({ origin: location.origin, app_guid: `${view.helpdesk}-sidebar` });
  const frame = h("iframe", { title: app.name, src: `${elsewhere()}${app.url}?${query}`, allow: "clipboard-write" });
  frame.style.height = "320px";
  const host = new HOSTS[view.helpdesk](view, frame, elsewhere(), app);
  slot.replaceChildren(frame);
  return host;
}
