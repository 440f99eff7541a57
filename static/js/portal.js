/* Small comforts. Every task works without this file. */
"use strict";

(() => {
  const status = document.getElementById("duyuru");

  const announce = (text) => {
    if (status) {
      status.textContent = "";
      window.setTimeout(() => { status.textContent = text; }, 50);
    }
  };

  /* --- Copy ------------------------------------------------------------------------------------------------------ */
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      select(button.closest(".copy").querySelector(".code"));
      announce("Kopyalanamadı; metin seçildi.");
      return;
    }
    button.classList.add("is-done");
    announce(`${button.dataset.what} kopyalandı.`);
    window.setTimeout(() => button.classList.remove("is-done"), 2000);
  };

  /* --- Confirm pages as dialogs ---------------------------------------------------------------------------------- */
  const dialogFrom = (page) => {
    const body = page.querySelector("[data-confirm]");
    const title = page.querySelector("h1");
    if (!body || !title) {
      return null;
    }
    const dialog = document.createElement("dialog");
    const heading = document.createElement("h2");
    heading.id = "dialog-basligi";
    heading.textContent = title.textContent.trim();
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(heading, document.importNode(body, true));
    dialog.addEventListener("close", () => dialog.remove());
    return dialog;
  };

  const openDialog = async (link) => {
    try {
      const answer = await fetch(link.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const dialog = answer.ok && !answer.redirected ? dialogFrom(page) : null;
      if (!dialog) {
        throw new Error("no dialog");
      }
      document.body.append(dialog);
      dialog.showModal();
    } catch {
      window.location.assign(link.href);
    }
  };

  /* --- One effect of one form ------------------------------------------------------------------------------------ */
  const submitOnce = (event) => {
    const form = event.target;
    if (form.getAttribute("method") !== "post") { /* form.method may be a field of that name */
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-disabled", "true");
  };

  const allowAgain = () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
    }
  };

  /* --- Yazma implies Okuma ---------------------------------------------------------------------------------------- */
  const keepReadWithWrite = (box) => {
    const partner = (name) => box.form.elements.namedItem(name);
    if (box.name.endsWith("_write") && box.checked) {
      partner(box.name.replace("_write", "_read")).checked = true;
    }
    if (box.name.endsWith("_read") && !box.checked) {
      const write = partner(box.name.replace("_read", "_write"));
      if (write) {
        write.checked = false;
      }
    }
  };

  /* --- The end of the session --------------------------------------------------------------------------------------- */
  const watchSession = (box) => {
    const text = box.querySelector("[role=alert]");
    const extend = box.querySelector("[data-extend]");
    const again = box.querySelector("[data-again]");
    const warning = Number(box.dataset.warning) * 1000;
    let end = 0;

    const lasts = (seconds) => { end = Date.now() + seconds * 1000; };
    const say = (words) => {
      if (text.textContent !== words) {
        text.textContent = words;
      }
    };

    /* The clock is read each time: timers stand still while the computer sleeps. */
    const look = () => {
      const left = end - Date.now();
      box.hidden = left > warning;
      extend.hidden = left <= 0;
      again.hidden = left > 0;
      if (left <= 0) {
        say("Oturumunuz sona erdi. Yeniden giriş yaptığınızda bu sayfaya dönersiniz.");
      } else if (left <= warning) {
        say(left > 60000 ? "Oturumunuz 2 dakika içinde kapanacak." : "Oturumunuz 1 dakika içinde kapanacak.");
      }
    };

    extend.addEventListener("click", async () => {
      try {
        const answer = await fetch(box.dataset.session, { credentials: "same-origin" });
        lasts(answer.ok && !answer.redirected ? Number(answer.headers.get("X-Session-Seconds")) : 0);
        look();
        announce(box.hidden ? "Oturumunuz uzatıldı." : "");
      } catch {
        say("Oturum uzatılamadı. Bağlantınızı denetleyip yeniden deneyin.");
      }
    });
    lasts(Number(box.dataset.seconds));
    window.setInterval(look, 5000);
    document.addEventListener("visibilitychange", look);
  };

  /* --- Wiring ------------------------------------------------------------------------------------------------------- */
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy], [data-print], [data-dialog], dialog [data-dismiss]");
    for (const menu of document.querySelectorAll(".account[open]")) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    if (target.matches("[data-copy]")) {
      copy(target);
    } else if (target.matches("[data-print]")) {
      window.print();
    } else if (target.matches("[data-dialog]")) {
      event.preventDefault();
      openDialog(target);
    } else {
      event.preventDefault();
      target.closest("dialog").close();
    }
  });

  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector(".account[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches('[data-testid="grant-form"] input[type="checkbox"]')) {
      keepReadWithWrite(event.target);
    }
  });

  document.addEventListener("submit", submitOnce);

  /* --- On to the bank -------------------------------------------------------------------------------------------- */
  document.querySelector("form[data-auto-submit]")?.requestSubmit();
  window.addEventListener("pageshow", allowAgain);

  for (const button of document.querySelectorAll("[data-copy], [data-print]")) {
    button.hidden = false;
  }
  const session = document.getElementById("oturum-uyarisi");
  if (session) {
    watchSession(session);
  }
  document.querySelector('[data-testid="error-summary"]')?.focus();
})();
