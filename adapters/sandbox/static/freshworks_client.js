// Stands in for the Freshworks client that a real Freshdesk puts in place of {{{appclient}}}. The other end is
// freshworks_host.js.
(() => {
  const origin = new URLSearchParams(location.search).get("origin");
  const waiting = new Map();
  const handlers = new Map();
  let count = 0;

  function call(name, ...args) {
    const id = (count += 1);
    const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    parent.postMessage({ freshworks: true, id, name, args }, origin);
    return answer;
  }

  addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== parent || !event.data?.freshworks) return;
    const { id, error, result, event: name, data } = event.data;
    if (name) {
      for (const handler of handlers.get(name) || []) handler({ type: name, helper: { getData: () => data } });
    } else if (waiting.has(id)) {
      const one = waiting.get(id);
      waiting.delete(id);
      if (error) one.reject(error);
      else one.resolve(result);
    }
  });

  const client = {
    data: { get: (name) => call("data.get", name) },
    request: { invokeTemplate: (template, options) => call("request.invokeTemplate", template, options) },
    interface: { trigger: (name, options) => call("interface.trigger", name, options) },
    instance: { resize: (size) => call("instance.resize", size) },
    iparams: { get: () => call("iparams.get") },
    events: {
      on(name, handler) {
        handlers.set(name, [...(handlers.get(name) || []), handler]);
      },
    },
  };
  window.app = { initialized: () => call("initialized").then(() => client) };
})();
