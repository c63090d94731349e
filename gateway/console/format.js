// Small words and elements. Whatever people said is only ever set as text, never as markup.

// What stands where words, or a name, were erased.
export const [ERASED, SOMEBODY] = ["(erased)", "Somebody"];

export const byId = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const { data, aria, ...plain } = properties;
  const element = Object.assign(document.createElement(tag), plain);
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(aria ?? {})) element.setAttribute(`aria-${name}`, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${hours ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

export function initials(name) {
  const words = name.split(/[\s.]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0].toUpperCase()).join("") || "?";
}

export function dayOf(unix_ms) {
  const day = new Date(unix_ms);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(unix_ms).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return day.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

export function timeOf(unix_ms) {
  return new Date(unix_ms).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

const NEWS_MS = 15_000;

// For people who hear the page: one short sentence at a time, and nothing that is old.
export function announce(text, at = Date.now()) {
  if (Date.now() - at < NEWS_MS) byId("announcer").textContent = text;
}
