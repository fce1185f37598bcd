// Comfort alone: every page does all of it without this file too.
(() => {
  "use strict";
  const tell = (words) => {
    const line = document.createElement("p");
    line.className = "unseen";
    line.textContent = words;
    document.getElementById("status").replaceChildren(line);
  };

  // --- copy: buttons that only a script can serve are hidden in the page, and shown here
  const offerCopies = (within) => {
    for (const button of within.querySelectorAll("button[data-copy]")) button.hidden = false;
  };
  offerCopies(document);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const from = document.getElementById(button.dataset.copyFrom || "");
    const link = "copyLink" in button.dataset;
    const text = from ? from.textContent : link ? new URL(button.dataset.copy, location.href).href : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      tell(button.dataset.copied);
    } catch {
      tell(button.dataset.failed || "");
    }
  });

  // --- lists that change in their place: the address of the page follows, the control that was used stays
  let asking = null;
  const swap = async (url, id, to, push) => {
    const region = document.getElementById(id);
    if (!region) return location.assign(url);
    if (asking) asking.abort();
    const mine = asking = new AbortController();
    region.setAttribute("aria-busy", "true");
    let page, landed;
    try {
      const answer = await fetch(url, { credentials: "same-origin", signal: mine.signal });
      landed = new URL(answer.url);
      if (answer.status >= 500 || landed.pathname !== new URL(url, location.href).pathname) throw new Error();
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) return refuse(region, url, push && page.querySelector("[data-refused], #refused"));
    } catch (error) {
      if (error.name === "AbortError") return;
      return location.assign(url);  // the page itself says what is wrong
    }
    const now = page.getElementById(id);
    if (mine !== asking || !now) return now ? undefined : location.assign(url);
    const held = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.replaceChildren(...now.childNodes);
    region.removeAttribute("aria-busy");
    alike(page, push && document.activeElement);
    offerCopies(region);
    if (push) history.pushState({ swap: id }, "", landed.href);
    document.title = page.title;
    const heading = document.getElementById(to || "") || (held && document.getElementById(held));
    if (heading) heading.focus();
    const told = region.querySelector("h2");
    if (told) tell(told.textContent);
  };

  // What makes no sense is said above the list, which stays as it was: nobody loses the other filters to a slip.
  const refuse = (region, url, why) => {
    if (!why) return location.assign(url);
    region.removeAttribute("aria-busy");
    region.querySelector(":scope > .errors")?.remove();
    const told = document.createElement("div");
    told.className = "errors";
    told.setAttribute("role", "alert");
    told.replaceChildren(...why.childNodes);
    region.prepend(told);
  };

  // Controls outside of the list follow its address, but for the one in use; on the way back this one follows, too.
  const alike = (page, used) => {
    for (const here of document.querySelectorAll("form[data-swap] :is(input, select)")) {
      const there = here.id && page.getElementById(here.id);
      if (!there || here === used) continue;
      // Told before its options are taken over: they are gone from there then.
      const value = there.matches("select") ? there.querySelector("[selected]")?.value ?? "" : there.defaultValue;
      if (here.matches("select")) here.replaceChildren(...there.childNodes);
      here.value = value;
    }
    for (const part of ["views", "drop-all"]) {
      const here = document.getElementById(part), there = page.getElementById(part);
      if (here && there && !here.contains(document.activeElement)) here.replaceChildren(...there.childNodes);
    }
    for (const query of document.querySelectorAll("input[name=query]")) {
      const there = page.querySelector("input[name=query]");
      if (there) query.value = there.value;
    }
  };

  const addressOf = (form) => {
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) asked.append(name, value);
    return `${location.pathname}${asked.size ? "?" + asked : ""}`;
  };
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-swap]");
    if (!form) return;
    event.preventDefault();
    swap(addressOf(form), form.dataset.swap, "", true);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    swap(link.href, link.dataset.swap, link.dataset.to || "results-title", true);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-swap]");
    if (form && event.target.matches("select, [data-day]")) swap(addressOf(form), form.dataset.swap, "", true);
  });
  let typing = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-swap]");
    if (!form || !event.target.matches("[data-search]")) return;
    clearTimeout(typing);
    const value = event.target.value, length = value.length;
    // Where only whole addresses and domains are found, what is half written would empty the list.
    if (length && event.target.dataset.search === "whole" && !/\.[^\s@.]{2,}$/.test(value)) return;
    if (length >= 3 || !length) typing = setTimeout(() => swap(addressOf(form), form.dataset.swap, "", true), 300);
  });
  addEventListener("popstate", () => {
    const region = document.querySelector("[data-swapped]");
    if (region) swap(location.href, region.id, "", false);
  });

  // --- menus: Esc closes them and leads back to where they were opened; whatever is done elsewhere closes them too,
  // so that none covers what has the focus (WCAG 2.2 §2.4.11)
  const closeMenus = (but, back) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu.contains(but)) continue;
      const held = back && menu.contains(document.activeElement);
      menu.open = false;
      if (held) menu.querySelector("summary").focus();
    }
  };
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(null, true); });
  for (const elsewhere of ["focusin", "click"]) document.addEventListener(elsewhere, (event) => closeMenus(event.target, false));

  // --- a file that is too long is not sent first, to be refused then
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches("input[type=file][data-most]")) return;
    const tooLong = [...field.files].some((file) => file.size > Number(field.dataset.most));
    field.setCustomValidity(tooLong ? field.dataset.tooLong : "");
    field.reportValidity();
  });

  // --- a form is sent once, however quickly its button is pressed again; one that was stopped may go later
  const PRESSED = 5000;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (Date.now() - Number(form.dataset.sent || 0) < PRESSED) { event.preventDefault(); return; }
    form.dataset.sent = Date.now();
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // --- what was refused is marked at its field too, and one can write there at once
  const refused = document.querySelector(".errors[data-field]");
  if (refused) {
    const name = refused.dataset.field.split(".").pop();
    const field = [...document.querySelectorAll("main form [name]")].find((each) => each.name === name && each.type !== "hidden");
    if (field) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), refused.id].filter(Boolean).join(" "));
      field.focus();
    }
  }

  // --- keys: never in a field, never with another key held, and not at all where somebody switched them off
  const GO = 1500;
  let going = 0;
  const inField = (at) => at.closest("input, select, textarea, [contenteditable], dialog[open] input");
  const step = (by) => {
    const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
    const now = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[Math.min(Math.max(now + by, 0), rows.length - 1)];
    if (next) next.querySelector("th a, td a").focus();
  };
  const fold = () => {
    const drawer = document.querySelector("details.technical");
    if (!drawer) return;
    drawer.open = !drawer.open;
    drawer.querySelector("summary").focus();
  };
  const ACTS = {
    "?": () => document.getElementById("keys")?.showModal(),
    "/": () => (document.querySelector("[data-find]") || document.getElementById("find"))?.focus(),
    j: () => step(1),
    k: () => step(-1),
    e: fold,
    g: () => { going = Date.now(); },
  };
  document.addEventListener("keydown", (event) => {
    if (!("keys" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (inField(event.target) || document.querySelector("dialog[open]")) return;
    if (Date.now() - going < GO) {
      going = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (!Object.hasOwn(ACTS, event.key)) return;
    event.preventDefault();
    ACTS[event.key]();
  });
})();
