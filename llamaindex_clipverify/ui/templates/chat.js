"use strict";
const by = (id) => document.getElementById(id);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const body = document.body, talk = by("talk"), question = by("question"), answer = by("answer"), composer = by("composer");
const calm = matchMedia("(prefers-reduced-motion:reduce)");

/* the id of this tab: new for every tab, kept when the page is only loaded again */
const tab = sessionStorage.getItem("tab") ?? [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
sessionStorage.removeItem("tab");
addEventListener("pagehide", () => {
  sessionStorage.setItem("tab", tab);
  navigator.sendBeacon(`leave/${tab}`);
});
addEventListener("pageshow", (event) => { if (event.persisted) { sessionStorage.removeItem("tab"); act("show"); } });

/* asking the server */
function post(path, sent, headers = {}) {
  return fetch(path, {method: "POST", body: sent, headers: {"X-Tab": tab, "X-Lang": body.dataset.lang, ...headers}});
}
async function act(name, given = {}) {
  try {
    const told = await (await post(`do/${name}`, JSON.stringify(given))).json();
    apply(told);
    return told;
  } catch { notice(body.dataset.lost); }
  return {};
}
function notice(text) {
  const note = Object.assign(document.createElement("p"), {textContent: text, className: "cvc-notice", dir: "auto"});
  by("notices").append(note);
  setTimeout(() => note.remove(), 12000);
  note.addEventListener("click", () => note.remove());
}

/* what changed; the focus stays on the same thing, and what was unfolded stays so */
const FOCUSABLE = "a[href],button,select,summary,input";
function focusKept(change) {
  const was = document.activeElement, turn = was?.closest?.("[data-turn]"), near = turn ?? was?.closest?.("#pictures,#talk,#index");
  const place = near ? all(FOCUSABLE, near).indexOf(was) : -1, unfolded = all("details[open]", turn ?? talk).length > 0;
  change();
  if (turn && unfolded) for (const one of all("details", by(turn.id) ?? talk)) one.open = true;
  if (place >= 0 && !was.isConnected) all(FOCUSABLE, by(near.id) ?? talk)[place]?.focus({preventScroll: true});
}
function apply(told) {
  focusKept(() => {
    for (const [id, html] of Object.entries(told.parts ?? {})) by(id).innerHTML = html;
    const turn = told.html && by(`t${told.turn}`);
    if (turn) turn.outerHTML = told.html;
  });
  if (told.problem) notice(told.problem);
  if (told.said) by("said").textContent = told.said;
  if (told.parts?.talk !== undefined) by("actions").hidden = !talk.querySelector(".cvc-turn");
  for (const panel of all("[data-map=wanted]")) {
    panel.dataset.map = "asked";
    act("map", {turn: Number(panel.closest("[data-turn]").dataset.turn)});
  }
}
const show = (element) => element?.scrollIntoView({block: "nearest", behavior: calm.matches ? "auto" : "smooth"});

/* asking and checking */
const mode = () => document.querySelector("[name=mode]:checked")?.value ?? "check";
let busy = false;
function setBusy(now) {
  busy = now;
  by("ask").disabled = now;
}
async function ask(given) {
  if (busy) return;
  setBusy(true);
  const last = () => all(".cvc-turn").at(-1);
  try {
    const response = await post("ask", JSON.stringify(given));
    const reader = response.body.getReader(), decoder = new TextDecoder();
    let rest = "", started = false;
    for (;;) {
      const {value, done} = await reader.read();
      rest += decoder.decode(value ?? new Uint8Array(), {stream: !done});
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) {
        const told = JSON.parse(line);
        apply(told);
        if (told.problem) continue;
        if (!started) { question.value = answer.value = ""; grow(); last()?.scrollIntoView({block: "start"}); }
        started = true;
      }
      if (done) break;
    }
    if (started) last()?.scrollIntoView({block: "start", behavior: calm.matches ? "auto" : "smooth"});
  } catch { notice(body.dataset.lost); }
  setBusy(false);
}
composer.addEventListener("submit", (event) => {
  event.preventDefault();
  ask({mode: mode(), question: question.value, answer: mode() === "check" ? answer.value : "", compare: Boolean(by("compare")?.checked) && mode() === "check"});
});
for (const field of [question, answer]) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || (field === answer && !event.ctrlKey && !event.metaKey)) return;
    event.preventDefault();
    if (mode() === "check" && field === question) answer.focus(); else composer.requestSubmit();
  });
  field.addEventListener("input", grow);
}
function grow() {
  for (const field of [question, answer]) {
    field.style.height = "";
    if (field.value) field.style.height = `${Math.min(field.scrollHeight + 2, 220)}px`;
  }
}
function setMode(name) {
  const radio = document.querySelector(`[name=mode][value=${name}]`);
  if (radio) radio.checked = true;
  const checking = mode() === "check";
  answer.hidden = !checking;
  question.placeholder = question.dataset[mode()];
  by("ask").textContent = by("ask").dataset[mode()];
  const compare = composer.querySelector(".cvc-compare");
  if (compare) compare.hidden = !checking;
}
for (const radio of all("[name=mode]")) radio.addEventListener("change", () => { setMode(radio.value); (mode() === "check" ? answer : question).focus(); });

/* pictures: chosen files, a photo, dropped, pasted */
async function upload(files) {
  for (const file of files) {
    if (file.size > Number(body.dataset.most)) { notice(`${body.dataset.tooLarge}: ${file.name}, ${Math.round(file.size / 2 ** 20)} MB`); continue; }
    try {
      apply(await (await post("pictures", file, {"X-Name": encodeURIComponent(file.name), "Content-Type": "application/octet-stream"})).json());
    } catch { notice(body.dataset.lost); }
  }
}
for (const input of all("input[type=file]")) {
  input.addEventListener("change", async () => { await upload([...input.files]); input.value = ""; });
}
const carried = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
let inside = 0;
addEventListener("dragenter", (event) => { if (carried(event)) { inside += 1; by("drop").hidden = false; } });
addEventListener("dragleave", (event) => { if (carried(event)) { inside -= 1; by("drop").hidden = inside <= 0; } });
addEventListener("dragover", (event) => { if (carried(event)) event.preventDefault(); });
addEventListener("drop", (event) => {
  if (!carried(event)) return;
  event.preventDefault();
  inside = 0;
  by("drop").hidden = true;
  upload([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  upload(files);
});

/* words of the answer: the next of their claims, or none */
function look(part) {
  const turn = part.closest("[data-turn]"), reply = part.closest("[data-reply]");
  const own = part.dataset.claims.split(" ").map(Number);
  const open = turn.querySelector(".cvc-evidence")?.id ?? "";
  const at = own.findIndex((claim) => open === `t${turn.dataset.turn}r${reply.dataset.reply}-c${claim + 1}`);
  const next = at + 1 < own.length ? own[at + 1] : -1;
  return act("look", {turn: Number(turn.dataset.turn), reply: Number(reply.dataset.reply), claim: next})
    .then(() => show(by(turn.id)?.querySelector(".cvc-evidence")));
}
document.addEventListener("click", async (event) => {
  const on = (selector) => event.target.closest?.(selector);
  const part = on(".cv-piece"), sample = on("[data-sample]"), page = on("[data-page]");
  if (part) { event.preventDefault(); look(part); }
  else if (on("[data-pick]")) act("pick", {place: Number(on("[data-pick]").dataset.pick)});
  else if (on("[data-remove]")) { await act("remove", {place: Number(on("[data-remove]").dataset.remove)}); by("upload").querySelector("input").focus(); }
  else if (sample && !busy) {
    await act("prepare", {place: Number(sample.dataset.sample)});
    ask({mode: sample.dataset.answer ? "check" : "ask", question: sample.dataset.question, answer: sample.dataset.answer});
  }
  else if (on("#clear")) { await act("clear"); question.focus(); }
  else if (on("[data-export]")) save(on("[data-export]").dataset.export);
  else if (on("#browse")) { await act("index"); by("index").showModal(); }
  else if (on("[data-close]") || event.target === by("index")) by("index").close();
  else if (page) act("index", {words: by("index").querySelector("[name=words]").value, page: Number(page.dataset.page)});
  else if (on("[data-choose]")) {
    const chosen = on("[data-choose]");
    const told = await act("choose", {id: chosen.dataset.choose});
    if (!told.problem) chosen.setAttribute("aria-pressed", String(chosen.getAttribute("aria-pressed") !== "true"));
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-method]")) act("map", {turn: Number(event.target.closest("[data-turn]").dataset.turn), method: event.target.value});
});
by("index")?.addEventListener("submit", (event) => {
  event.preventDefault();
  act("index", {words: event.target.querySelector("[name=words]").value});
});

async function save(suffix) {
  try {
    const response = await post(`export/${suffix}`);
    if (!response.ok) { apply(await response.json()); return; }
    const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(await response.blob()), download: `conversation.${suffix}`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  } catch { notice(body.dataset.lost); }
}
act("show").then(() => act("pick"));
setInterval(() => post("stay").catch(() => {}), 60000);
