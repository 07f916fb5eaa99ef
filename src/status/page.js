"use strict";
// What the status page can do when a browser runs scripts: it follows the server, finds rows while one types, and
// asks its questions in a dialog. Everything else works without.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");
  const clock = () => new Date().toTimeString().slice(0, 8);

  async function load(url, options) {
    const reply = await fetch(url, { cache: "no-store", credentials: "same-origin", ...options });
    return parse(await reply.text());
  }

  // Take over another version of an element while focus, text that was typed and filters stay as they are.

  const KEPT = new Set(["hidden", "open", "value", "checked", "selected"]);

  function attributes(now, next) {
    const isHidden = now.type === "hidden";
    for (const { name } of [...now.attributes]) {
      if (!next.hasAttribute(name) && !KEPT.has(name)) now.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
      if ((isHidden || !KEPT.has(name)) && now.getAttribute(name) !== value) now.setAttribute(name, value);
    }
  }

  function morph(now, next) {
    if (now.nodeName !== next.nodeName) return now.replaceWith(next.cloneNode(true));
    if (now.nodeType !== Node.ELEMENT_NODE) {
      if (now.data !== next.data) now.data = next.data;
      return;
    }
    if (next.hasAttribute("data-keep") || next.hasAttribute("data-own")) return;
    attributes(now, next);
    const [had, have] = [[...now.childNodes], [...next.childNodes]];
    have.forEach((child, place) => {
      if (place < had.length) morph(had[place], child);
      else now.append(child.cloneNode(true));
    });
    had.slice(have.length).forEach((child) => child.remove());
  }

  // States that changed are marked, written down and read aloud.

  const watched = () => new Map(all("[data-of] [data-watch], [data-of][data-watch]").map((mark) => {
    const row = mark.closest("[data-of]");
    return [`${row.id} ${mark.dataset.watch}`, { mark, name: row.dataset.of, text: mark.textContent.trim() }];
  }));

  function note(text) {
    const box = one("#changes");
    if (!box) return;
    const [item, time, what] = ["li", "time", "span"].map((name) => document.createElement(name));
    time.textContent = clock();
    what.textContent = text;
    item.append(time, what);
    one("ol", box).prepend(item);
    all("li:nth-child(n+100)", box).forEach((old) => old.remove());
  }

  function tell(before) {
    for (const [key, { mark, name, text }] of watched()) {
      const old = before.get(key);
      if (!old || old.text === text) continue;
      note(`${name}: ${old.text} → ${text}`);
      mark.classList.remove("new");
      void mark.offsetWidth; // so that the animation starts again
      mark.classList.add("new");
    }
  }

  // A button that is gone, as `Drain` is after draining, leaves the focus to its neighbour.
  const refocus = (place) => one(".acts a, .acts button", document.getElementById(place) ?? document)?.focus();

  // Requests per second, as seen from here: over the last looks, drawn where the server keeps no samples.

  const LOOKS = 120;
  const courses = new Map();

  function count(now) {
    const sums = new Map();
    for (const row of all("[data-count]")) {
      const looks = courses.get(row.id) ?? [];
      courses.set(row.id, looks);
      looks.push({ now, count: Number(row.dataset.count) });
      if (looks.length > LOOKS) looks.shift();
      const rates = looks.slice(1).map((look, place) => rate(looks[place], look));
      const lb = row.id.split("m")[0];
      if (row.id !== lb) sums.set(lb, add(sums.get(lb), rates));
      show(row, rates);
    }
    for (const card of all("[data-sum]")) show(card, sums.get(card.dataset.sum) ?? []);
  }

  const rate = (a, b) => b.now > a.now ? Math.max(0, b.count - a.count) * 1000 / (b.now - a.now) : 0;
  const add = (sum, rates) => sum ? sum.map((value, place) => value + (rates[place] ?? 0)) : rates;

  function show(place, rates) {
    if (rates.length === 0) return;
    const lately = rates.slice(-3);
    const mean = lately.reduce((sum, value) => sum + value, 0) / lately.length;
    const text = mean === 0 ? "0" : mean < 100 ? mean.toFixed(1) : Math.round(mean).toLocaleString("en");
    all(".rate", place).forEach((element) => { element.textContent = text; });
    all("svg[data-own]", place).forEach((svg) => draw(svg, rates));
  }

  function draw(svg, rates) {
    if (rates.length < 2) return;
    const { width, height } = svg.viewBox.baseVal;
    const top = Math.max(...rates, 1);
    const points = rates.map((value, place) =>
      `${(width * place / (rates.length - 1)).toFixed(1)} ${(height - 1 - (height - 2) * value / top).toFixed(1)}`);
    const line = `M${points.join("L")}`;
    const [area, path] = svg.children;
    area.setAttribute("d", `${line}L${width} ${height}L0 ${height}Z`);
    path.setAttribute("d", line);
  }

  // Look again and again; not while nobody sees it.

  const live = one("#live");
  const shown = new URL(location.href);
  const follows = all("[data-live]").length > 0 && live;
  const every = Number(document.body.dataset.every) * 1000;
  let timer = 0;
  let paused = false;

  async function look() {
    clearTimeout(timer);
    try {
      const url = new URL(shown);
      url.hash = "";
      url.searchParams.set("opt", Number(url.searchParams.get("opt") ?? 0) | 2); // rules do not change by themselves
      const next = await load(url);
      const parts = all("[data-live]", next);
      if (parts.length === 0) throw new Error("no status page");
      const before = watched();
      const focus = document.activeElement;
      const place = focus.closest("[id]")?.id;
      for (const part of parts) {
        const now = document.getElementById(part.id);
        if (now) morph(now, part);
      }
      if (!focus.isConnected) refocus(place);
      count(performance.now());
      tell(before);
      all("form[data-filter]").forEach(filter);
      if (!paused) say("live", `Live, ${clock()}`);
    } catch {
      if (!paused) say("lost", "No answer from the server; trying again");
    }
    again();
  }

  function again() {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(look, every);
  }

  function say(state, text) {
    if (!live) return;
    if (state === "lost" && live.dataset.state !== "lost") note("The server does not answer.");
    live.dataset.state = state;
    document.body.classList.toggle("stale", state === "lost");
    one("span", live).textContent = text;
  }

  function follow() {
    if (!follows) return;
    const button = one("button", live);
    button.hidden = false;
    all("#changes").forEach((box) => { box.hidden = false; });
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = paused ? "Go on" : "Pause";
      if (paused) say("paused", `Paused at ${clock()}`);
      if (paused) clearTimeout(timer); else look();
    });
    document.addEventListener("visibilitychange", () => document.hidden ? clearTimeout(timer) : paused || look());
    count(performance.now());
    say("live", `Live, every ${every / 1000} s`);
    again();
  }

  // Find rows while one types.

  function filter(form) {
    form.hidden = false;
    const wanted = one("input[type=search]", form).value.trim().toLowerCase();
    const onlyIll = one("input[type=checkbox]", form).checked;
    const rows = all("tbody tr", form.parentElement);
    for (const row of rows) {
      const text = all("th, [data-name=State], [data-name=Activation]", row).map((cell) => cell.textContent).join(" ");
      row.hidden = !text.toLowerCase().includes(wanted) || (onlyIll && !("ill" in row.dataset));
    }
    const found = rows.filter((row) => !row.hidden).length;
    one("output", form).textContent = found === rows.length ? "" : `${found} of ${rows.length}`;
  }

  let searching = 0;

  async function search(form) {
    const mine = ++searching;
    const url = new URL(form.action);
    url.search = new URLSearchParams(new FormData(form));
    const next = await load(url).catch(() => null);
    const found = next && one("#found", next);
    if (found && mine === searching) morph(one("#found"), found);
  }

  let typing = 0;
  document.addEventListener("input", ({ target }) => {
    const form = target.form;
    if (form?.matches("[data-filter]")) filter(form);
    if (!form?.matches("[data-search]")) return;
    clearTimeout(typing);
    typing = setTimeout(search, 150, form);
  });

  // Forms and questions in a dialog; the pages they are taken from work as well.

  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "h-panel");
  document.body.append(dialog);

  async function ask(url) {
    const next = await load(url).catch(() => null);
    const panel = next && one("#panel", next);
    if (!panel) return location.assign(url);
    const inside = document.createElement("div");
    inside.id = "panel";
    inside.append(...panel.childNodes);
    dialog.replaceChildren(inside);
    dialog.classList.toggle("wider", all(".field, table", inside).length > 2);
    if (!dialog.open) dialog.showModal();
    (one("[data-choice] select, .field input, .field select, .main", inside) ?? inside).focus();
  }

  async function send(form) {
    const buttons = all("button", form);
    buttons.forEach((button) => { button.disabled = true; });
    const body = new URLSearchParams(new FormData(form));
    const next = await load(form.action, { method: "POST", body }).catch(() => null);
    buttons.forEach((button) => { button.disabled = false; });
    const outcome = next && one("#outcome", next);
    if (outcome?.hasAttribute("data-done")) {
      if (dialog.open) dialog.close();
      note(`Done: ${told(body)}`);
      return look();
    }
    fail(form, outcome ? one("[role=alert]", outcome).textContent : "The server does not answer. Was it done? Look before you try again.");
  }

  function told(body) {
    const name = [body.get("sw"), body.get("w")].filter(Boolean).join(" of ");
    const words = { a: "activated", d: "disabled", s: "stopped" };
    return `${name} ${words[body.get("vwa")] ?? { update: "updated", reset: "reset", recover: "will be tried" }[body.get("cmd")]}`;
  }

  function fail(form, text) {
    one(".failed")?.remove();
    const line = document.createElement("p");
    line.className = "failed";
    line.setAttribute("role", "alert");
    (dialog.open ? one("h2", dialog) : form.closest(".card") ?? form).after(line);
    line.textContent = text;
  }

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a");
    const asks = link?.matches("[data-ask]") && follows;
    const closes = link?.matches("[data-close]") && dialog.contains(link);
    if (asks || closes) event.preventDefault();
    if (asks) ask(link.href);
    if (closes) dialog.close();
  });

  document.addEventListener("change", ({ target }) => {
    if (target.form?.matches("[data-choice]") && dialog.contains(target)) target.form.requestSubmit();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const isQuestion = form.matches("[data-choice]") && dialog.contains(form);
    const isPost = form.method === "post" && follows;
    const isFind = form.matches("[data-search], [data-filter]");
    if (isQuestion || isPost || isFind) event.preventDefault();
    if (isQuestion) ask(`${form.action}?${new URLSearchParams(new FormData(form))}`);
    if (isPost) send(form);
    if (form.matches("[data-search]")) search(form);
  });

  all("form[data-filter]").forEach(filter);
  follow();
})();
