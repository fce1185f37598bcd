// What a page without scripts promises and cannot keep, and where its links and forms lead: for `reached.py`.
() => {
  "use strict";
  const named = (part) => part.outerHTML.replace(/\s+/g, " ").slice(0, 90);
  const all = (what) => [...document.querySelectorAll(what)];
  const shown = (what) => all(what).filter((part) => part.checkVisibility());
  const wrong = [];
  for (const button of shown("button, input[type=submit], input[type=button]")) {
    if (!button.form || button.type === "button") wrong.push(`does nothing: ${named(button)}`);
  }
  for (const form of all("form")) {
    if (form.method !== "dialog" && ![...form.elements].some((part) => part.type === "submit")) wrong.push(`no button: ${named(form)}`);
  }
  for (const link of all("a")) {
    const to = link.getAttribute("href");
    if (!to || to === "#" || /^(?!https?:|mailto:)[a-z]+:/.test(to)) wrong.push(`leads nowhere: ${named(link)}`);
    else if (to.startsWith("#") && !document.getElementById(to.slice(1))) wrong.push(`no such part: ${named(link)}`);
  }
  for (const script of all("[onclick], [onchange], [onsubmit]")) wrong.push(`a script in the page: ${named(script)}`);
  const here = (to) => to.startsWith(location.origin) ? to.slice(location.origin.length).replace(/#.*/, "") : "";
  return {
    wrong,
    links: [...new Set([...all("a[href]").map((link) => here(link.href)), ...all("form[method=get], form:not([method])").map((form) => here(form.action))])].filter(Boolean),
    acts: [...new Set(all("form[method=post]").map((form) => here(form.action)))],
  };
}
