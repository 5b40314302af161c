// Talking to the sandbox: reading through the workspace's own addresses, acting through the control API.

export class Refused extends Error {}

async function call(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(data.error === "invalid" ? reasons(data.details) : data.error || `Error ${answer.status}`);
  return data;
}

function reasons(details) {
  return Object.values(details).flat(3).map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join("; ");
}

export const read = {
  setup: () => call("GET", "/workspace/setup"),
  tickets: (query) => call("GET", `/workspace/tickets?${new URLSearchParams(query)}`),
  ticket: (helpdesk, id) => call("GET", `/workspace/tickets/${helpdesk}/${id}`),
};

const at = (ticket) => `/control/tickets/${ticket.helpdesk}/${ticket.id}`;

export const act = {
  reply: (ticket, as, text, agent) => call("POST", `${at(ticket)}/reply`, { as, text, agent }),
  tags: (ticket, change, agent) => call("POST", `${at(ticket)}/tags`, { ...change, agent }),
  status: (ticket, status, agent) => call("POST", `${at(ticket)}/status`, { status, agent }),
  open: (wish) => call("POST", "/control/tickets", wish),
};
