// A page of work that still runs asks for itself again and shows what has changed; without this the link "Look
// again" does the same. The focus stays where it is, and words are read out at most every ten seconds.
(() => {
  "use strict";
  const PAUSE = 2000, QUIET = 10000;
  let told = 0;

  const tell = (now, ended) => {
    const words = now.querySelector("[data-told]"), at = Date.now();
    if (!words || (!ended && at - told < QUIET)) return;
    const progress = now.querySelector(".amount");
    const line = document.createElement("p");
    line.className = "unseen";
    line.textContent = words.textContent + " " + (progress ? progress.textContent : "");
    document.getElementById("status").replaceChildren(line);
    told = at;
  };

  const look = async () => {
    const here = document.querySelector("[data-live]");
    if (!here) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = page.getElementById(here.id);
        if (now) {
          const ended = !now.hasAttribute("data-live");
          const held = here.contains(document.activeElement) ? document.activeElement.textContent : null;
          here.replaceWith(now);
          if (held !== null) {
            const same = [...now.querySelectorAll("a, button")].find((each) => each.textContent === held);
            (same || document.getElementById("main")).focus();
          }
          tell(now, ended);
        }
      }
    } catch {
      // The server is away for a moment: the next look tells.
    }
    setTimeout(look, PAUSE);
  };
  setTimeout(look, PAUSE);
})();
