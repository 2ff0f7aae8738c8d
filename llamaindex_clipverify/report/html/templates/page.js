"use strict";
const root = document.documentElement;
root.classList.add("cv-js");
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const by = (id) => document.getElementById(id);
const claimsOf = (part) => part.dataset.claims.split(" ");
const narrow = matchMedia("(max-width:56rem)");
const calm = matchMedia("(prefers-reduced-motion:reduce)");
const told = (name, values) => document.body.dataset[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
let first = {};

/* one claim of a report at a time */
function show(report, claim) {
  if (report.dataset.shown === claim) return;
  first[report.id] ??= report.dataset.shown;
  report.dataset.shown = claim;
  for (const panel of all(".cv-panel", report)) panel.classList.toggle("is-on", panel.dataset.claim === claim);
  for (const part of all("[data-claims]", report)) {
    const on = claimsOf(part).includes(claim);
    part.classList.toggle("is-on", on);
    if (on) part.setAttribute("aria-current", "true"); else part.removeAttribute("aria-current");
  }
  const line = report.querySelector(`.cv-claims [data-claims="${claim}"]`);
  const [place, words, verdict] = [...line.children].map((part) => part.textContent.trim());
  by("cv-said").textContent = told("claim", {place, words, verdict});
}
const reportOf = (part) => part.closest(".cv-report");
const partOf = (event) => event.target.closest?.("[data-claims]");
const showFirst = (part) => { if (!claimsOf(part).includes(reportOf(part).dataset.shown)) show(reportOf(part), claimsOf(part)[0]); };
const open = () => document.querySelector(root.classList.contains("cv-many") ? ".cv-report.is-open" : ".cv-report");

function step(report, by) {
  const places = all(".cv-claims [data-claims]", report).map((part) => part.dataset.claims);
  if (!places.length) return;
  const at = places.indexOf(report.dataset.shown) + by;
  show(report, places[Math.min(Math.max(at, 0), places.length - 1)]);
  focusShown(report, document.activeElement?.closest?.(".cv-claims") ? ".cv-claims" : ".cv-answer");
}
function focusShown(report, where) {
  const shown = (part) => claimsOf(part).includes(report.dataset.shown);
  const own = all(`${where} [data-claims]`, report).find(shown) ?? all("[data-claims]", report).find(shown);
  own?.focus();
}

/* pointing, touching */
let waiting = 0, before = null;
document.addEventListener("pointerover", (event) => {
  const part = partOf(event);
  clearTimeout(waiting);
  if (part && event.pointerType === "mouse") waiting = setTimeout(showFirst, 90, part);
});
document.addEventListener("pointerdown", (event) => { before = partOf(event) && reportOf(partOf(event)).dataset.shown; });
document.addEventListener("focusin", (event) => { if (partOf(event)) showFirst(partOf(event)); });
document.addEventListener("click", (event) => {
  const part = partOf(event);
  if (!part || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  clearTimeout(waiting);
  const report = reportOf(part), own = claimsOf(part);
  const was = event.detail ? before : report.dataset.shown;
  show(report, own[(own.indexOf(was) + 1) % own.length]);
  if (narrow.matches) report.querySelector(".cv-panel.is-on").scrollIntoView({block: "nearest", behavior: calm.matches ? "auto" : "smooth"});
});

/* keys */
const keys = {
  j: (report) => step(report, 1),
  k: (report) => step(report, -1),
  b: () => root.classList.toggle("cv-boxless"),
  Escape: (report) => {
    const start = first[report.id];
    if (start !== undefined && report.dataset.shown !== start) { show(report, start); focusShown(report, ".cv-answer"); }
    else document.activeElement?.blur();
  },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("select,[type=search]")) return;
  const report = open();
  const arrow = event.target.dataset?.claims && {ArrowDown: "j", ArrowRight: "j", ArrowUp: "k", ArrowLeft: "k"}[event.key];
  const key = arrow || event.key;
  if (!report || !keys[key] || event.defaultPrevented) return;
  event.preventDefault();
  keys[key](report);
});

/* dark and light */
addEventListener("DOMContentLoaded", () => {
  const system = matchMedia("(prefers-color-scheme:dark)");
  const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const name = () => { by("cv-theme").textContent = dark() ? `☀ ${document.body.dataset.light}` : `☾ ${document.body.dataset.dark}`; };
  by("cv-theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  by("cv-theme").setAttribute("aria-label", document.body.dataset.themeLabel);
  system.addEventListener("change", name);
  name();
  if (root.classList.contains("cv-many")) index();
  const place = /^#r\d+-c(\d+)$/.exec(location.hash);
  if (place && by(location.hash.slice(1)) && open()) show(open(), by(location.hash.slice(1)).dataset.claim);
});

{% include "index.js" %}
