// The deadline in words, in the brand's own time zone, whatever zone the agent sits in.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SOON = 60 * MINUTE;

// {left: "2 h 14 min left", when: "today 17:00, New York", state: "calm" | "soon" | "late" | "kept", share: 0..1 of the time used}
export function countdown(clock, now = Date.now()) {
  if (clock.state === "kept") return { left: "Kept", when: moment(Date.parse(clock.due_at), clock.zone, now), state: "kept", share: 1 };
  const due = Date.parse(clock.due_at);
  const started = Date.parse(clock.started_at);
  const left = due - now;
  const state = left < 0 ? "late" : left <= SOON ? "soon" : "calm";
  const share = due > started ? Math.min(1, Math.max(0, (now - started) / (due - started))) : 1;
  return { left: left < 0 ? `${span(-left)} overdue` : `${span(left)} left`, when: moment(due, clock.zone, now), state, share };
}

export function span(milliseconds) {
  const minutes = Math.floor(milliseconds / MINUTE);
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(milliseconds / HOUR);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

function moment(at, zone, now) {
  const day = (time) => format(time, zone, { year: "numeric", month: "2-digit", day: "2-digit" });
  const clock = format(at, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const name = day(at) === day(now) ? "today"
    : day(at) === day(now + 24 * HOUR) ? "tomorrow"
    : day(at) === day(now - 24 * HOUR) ? "yesterday"
    : format(at, zone, { weekday: "short", day: "numeric", month: "short" });
  return `${name} ${clock}, ${zone === "UTC" ? "UTC" : zone.split("/").pop().replaceAll("_", " ")}`;
}

function format(time, zone, options) {
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }).format(time);
}
