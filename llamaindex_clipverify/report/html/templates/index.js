/* many answers: search, filter, sort; one at a time, by its address */
function index() {
  const list = document.querySelector(".cv-index"), rows = [...list.children];
  const words = by("cv-words"), trust = by("cv-trust"), order = by("cv-order");
  const chosen = () => document.querySelector("[name=cv-verdict]:checked").value;
  const reportAt = (row) => by(`r${row.dataset.place}`);
  const number = (row, name) => Number(row.dataset[name] ?? Infinity);
  const text = new Map();
  const textOf = (row) => {
    if (!text.has(row)) text.set(row, `${row.textContent} ${reportAt(row).querySelector(".cv-text").textContent}`.toLowerCase());
    return text.get(row);
  };
  const unfold = (report) => {
    const folded = report.querySelector(".cv-look > noscript");
    if (folded) folded.parentElement.innerHTML = folded.textContent;
  };
  let shown = rows, scrolled = 0;

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean), most = Number(trust.value);
    const passes = (row) => (!chosen() || row.dataset.state === chosen())
      && (row.dataset.trust === undefined || number(row, "trust") <= most)
      && wanted.every((word) => textOf(row).includes(word));
    for (const row of rows) {
      row.hidden = !passes(row);
      reportAt(row).classList.toggle("is-out", row.hidden);
    }
    by("cv-most").textContent = most.toFixed(2);
    arrange();
  }
  function arrange() {
    const key = order.value.replace("-", ""), sign = order.value.startsWith("-") ? -1 : 1;
    const compare = key === "title"
      ? (a, b) => a.querySelector(".cv-title").textContent.localeCompare(b.querySelector(".cv-title").textContent)
      : (a, b) => (number(a, key) === number(b, key) ? 0 : number(a, key) === Infinity ? 1 : number(b, key) === Infinity ? -1
        : sign * (number(a, key) - number(b, key)));
    const sorted = [...rows].sort(compare);
    if (sorted.some((row, place) => row !== list.children[place])) list.append(...sorted);
    shown = sorted.filter((row) => !row.hidden);
    document.querySelector(".cv-showing").textContent = told("showing", {shown: shown.length, all: rows.length});
    document.querySelector(".cv-nothing").hidden = shown.length > 0 || !rows.length;
  }
  function reset() {
    words.value = ""; trust.value = 1; document.querySelector("[name=cv-verdict]").checked = true;
    filter();
  }
  function neighbour(report, step) {
    const at = shown.findIndex((row) => row.dataset.place === report.id.slice(1));
    return at < 0 ? shown[0] : shown[at + step];
  }
  function route() {
    const [, place, claim] = /^#r(\d+)(?:-c(\d+))?$/.exec(location.hash) ?? [];
    const report = place && by(`r${place}`), was = open();
    if (report && report === was && !claim) return;
    if (!was) scrolled = scrollY;
    was?.classList.remove("is-open");
    root.classList.toggle("cv-open", Boolean(report));
    if (!report) {
      scrollTo(0, scrolled);
      if (was) list.querySelector(`[data-place="${was.id.slice(1)}"] a`).focus({preventScroll: true});
      return;
    }
    report.classList.add("is-open");
    unfold(report);
    if (claim && by(`r${place}-c${claim}`)) show(report, by(`r${place}-c${claim}`).dataset.claim);
    by("cv-where").textContent = told("where", {place, all: rows.length});
    for (const [id, step] of [["cv-previous", -1], ["cv-next", 1]]) {
      const other = neighbour(report, step);
      if (other) by(id).setAttribute("href", `#r${other.dataset.place}`); else by(id).removeAttribute("href");
    }
    scrollTo(0, 0);
  }

  const go = (address) => {
    if (!address) return;
    location.hash = address;
    route();
  };
  const back = keys.Escape;
  keys.Escape = (report) => {
    const start = first[report.id];
    if (start !== undefined && report.dataset.shown !== start) back(report); else go("#answers");
  };
  keys.n = () => go(by("cv-next").getAttribute("href"));
  keys.p = () => go(by("cv-previous").getAttribute("href"));
  document.addEventListener("keydown", (event) => {
    if (open() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.matches?.("select,[type=search]");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing) return;
    const row = event.target.closest?.(".cv-index li"), at = row ? shown.indexOf(row) : -1;
    const to = {j: 1, k: -1, ...(row ? {ArrowDown: 1, ArrowUp: -1} : {})}[event.key];
    if (event.key === "/") words.focus();
    else if (to) shown[Math.min(Math.max(at + to, 0), shown.length - 1)]?.querySelector("a").focus();
    else return;
    event.preventDefault();
  });
  for (const field of [words, trust]) field.addEventListener("input", filter);
  for (const field of all("[name=cv-verdict]")) field.addEventListener("change", filter);
  order.addEventListener("change", arrange);
  by("cv-reset").addEventListener("click", reset);
  addEventListener("hashchange", route);
  addEventListener("beforeprint", () => {
    for (const report of open() ? [open()] : shown.map(reportAt)) unfold(report);
  });
  filter();
  route();
}
