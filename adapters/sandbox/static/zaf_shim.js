// Stands in for Zendesk's own SDK where npm has not brought it: the part of its surface that sidebar apps use, over the
// same messages (platform page: Zendesk 6.6), so that the demo needs nothing but Python.
(() => {
  const PATIENCE = 5000;

  class Client {
    constructor(origin, guid) {
      Object.assign(this, { origin, guid, handlers: new Map(), waiting: new Map(), count: 0 });
      this.registered = new Promise((resolve) => this.on("app.registered", resolve));
      addEventListener("message", (event) => this.heard(event));
      this.post({ key: "iframe.handshake", message: { version: "2.0" } });
    }

    post(message) {
      parent.postMessage(JSON.stringify({ ...message, appGuid: this.guid, instanceGuid: this.guid }), this.origin);
    }

    heard(event) {
      if (event.origin !== this.origin || event.source !== parent) return;
      let data;
      try { data = JSON.parse(event.data); } catch { return; }
      const waiting = this.waiting.get(data.id);
      if (waiting) {
        this.waiting.delete(data.id);
        if (data.error) waiting.reject(Object.assign(new Error(data.error.message), { name: data.error.name }));
        else waiting.resolve(data.result);
      } else if (String(data.key).startsWith("zaf.")) {
        for (const handler of this.handlers.get(data.key.slice(4)) || []) handler(data.message);
      }
    }

    async ask(request, params) {
      await this.registered;
      const id = (this.count += 1);
      const answer = new Promise((resolve, reject) => {
        this.waiting.set(id, { resolve, reject });
        setTimeout(() => reject(new Error(`Timeout when invoking "${request}"`)), PATIENCE);
      });
      this.post({ id, request, params });
      const result = await answer;
      const [problem] = Object.values(result?.errors || {});
      if (problem) throw new Error(problem.message);
      return result;
    }

    get(path) { return this.ask("get", [path].flat()); }
    set(key, value) { return this.ask("set", typeof key === "string" ? { [key]: value } : key); }
    invoke(name, ...args) { return this.ask("invoke", { [name]: args }); }
    async context() { return (await this.registered).context; }
    async metadata() { return (await this.registered).metadata; }

    on(name, handler) {
      this.handlers.set(name, [...(this.handlers.get(name) || []), handler]);
      if (name !== "app.registered") this.registered.then(() => this.post({ key: `iframe.on:${name}`, message: {} }));
    }

    async request(options) {
      await this.registered;
      const key = `request:${(this.count += 1)}`;
      return new Promise((resolve, reject) => {
        this.handlers.set(`${key}.done`, [({ responseArgs }) => resolve(...responseArgs)]);
        this.handlers.set(`${key}.fail`, [({ responseArgs }) => reject(...responseArgs)]);
        this.post({ key, message: options });
      });
    }
  }

  window.ZAFClient = {
    init() {
      const query = new URLSearchParams(location.search);
      const [origin, guid] = [query.get("origin"), query.get("app_guid")];
      return origin && guid ? new Client(origin, guid) : false;
    },
  };
})();
