// Which parts of a page can be reached by Tab, and what became of each press: for `reached.py`.
() => {
  "use strict";
  const main = document.getElementById("main");
  for (const fold of main.querySelectorAll("details")) fold.open = true;

  // Of the buttons of one choice the browser stops at the chosen one, or else at the first.
  const stopsAt = (part) => {
    if (part.type !== "radio" || part.checked) return true;
    const others = [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(part.name)}"]`)].filter((each) => each.form === part.form);
    return !others.some((each) => each.checked) && others[0] === part;
  };
  const parts = [...main.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter((part) => !part.disabled && part.checkVisibility() && stopsAt(part));

  const named = (part) => part.outerHTML.replace(/\s+/g, " ").slice(0, 90);
  const isSeen = (part) => [...part.getClientRects()].some((box) => {
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return at !== null && (part.contains(at) || at.contains(part));
  });
  const isMarked = (part) => {
    const style = getComputedStyle(part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };

  const wrong = [], reached = new Set();
  let before = main, left = false;
  document.addEventListener("keyup", (event) => {
    const part = document.activeElement;
    if (event.key !== "Tab" || left) return;
    if (!main.contains(part)) { left = true; return; }
    if (part === before) wrong.push(`stays at ${named(part)}`);
    if (!(before.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_FOLLOWING)) wrong.push(`goes back to ${named(part)}`);
    if (!isMarked(part)) wrong.push(`no mark of the focus: ${named(part)}`);
    if (!isSeen(part)) wrong.push(`out of sight: ${named(part)}`);
    reached.add(before = part);
  });
  main.focus();
  window.told = () => [
    ...wrong,
    ...(left ? [] : ["the focus does not leave the page's content"]),
    ...parts.filter((part) => !reached.has(part)).map((part) => `not reached: ${named(part)}`),
  ];
  // What can be scrolled and holds nothing to stop at is a stop of its own.
  return parts.length + main.querySelectorAll(".wide, pre, textarea, fieldset").length + 2;
}
