/* Keys for the accountants' pages. Each key presses a button or link that is on the page; nothing is done otherwise. */
"use strict";

(() => {
  const OFF = "muhasebe-tuslari-kapali";
  const status = document.getElementById("duyuru");
  let off = false;
  try {
    off = window.localStorage.getItem(OFF) === "1";
  } catch { /* a browser that stores nothing keeps the keys on */ }

  const isTyping = (element) =>
    element.isContentEditable
    || element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit], [type=button])");

  const isShown = (element) => element.getClientRects().length > 0;

  const announce = (text) => {
    if (status) {
      status.textContent = text;
    }
  };

  /* --- What a key presses ---------------------------------------------------------------------------------------- */
  const targetOf = (key) => [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(isShown);

  const firstField = (details) =>
    details.querySelector("input:not([type=hidden], [type=checkbox]), textarea, select");

  const openAct = (summary) => {
    const details = summary.parentElement;
    details.open = true;
    details.scrollIntoView({ block: "nearest" });
    const field = firstField(details);
    (field ?? summary).focus();
    field?.select?.();
  };

  const choose = (key) => {
    const wanted = key === "0" ? document.getElementById("aday_oneri")
      : document.querySelectorAll('.candidates [data-choice]')[Number(key) - 1];
    if (!wanted || wanted.disabled) {
      return false;
    }
    wanted.checked = true;
    wanted.focus();
    wanted.dispatchEvent(new Event("change", { bubbles: true }));
    announce(`${document.querySelector(`label[for="${wanted.id}"]`).textContent.trim()} seçildi.`);
    return true;
  };

  const press = (key) => {
    if (/^[0-9]$/.test(key)) {
      return choose(key);
    }
    if (key === "n") {
      const note = document.getElementById("not_metin");
      note?.focus();
      return Boolean(note);
    }
    const target = targetOf(key);
    if (!target) {
      return false;
    }
    if (target.matches("summary")) {
      openAct(target);
    } else {
      target.click();
    }
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) {
      event.target.blur();
      return;
    }
    if (off && event.key !== "?") {
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)
      || document.querySelector("dialog[open]")) {
      return;
    }
    if (press(event.key)) {
      event.preventDefault();
    }
  });

  /* --- The sentence goes with the choice, unless somebody wrote another ------------------------------------------- */
  const form = document.querySelector("form[data-match]");
  form?.addEventListener("change", (event) => {
    const { reason, fit } = event.target.dataset;
    const field = form.elements.namedItem("gerekce");
    const ready = form.elements.namedItem("hazir");
    if (reason === undefined || !field) {
      return;
    }
    if (field.value.trim() === ready.value.trim() || field.value.trim() === "") {
      field.value = reason;
      ready.value = reason;
    }
    form.querySelector('[data-key="e"]').classList.toggle("btn-primary", fit !== "eksik");
    form.querySelector('[data-key="x"]').classList.toggle("btn-primary", fit === "eksik");
  });

  /* --- Switching the keys off -------------------------------------------------------------------------------------- */
  const toggle = document.querySelector("[data-keys-toggle]");
  const show = () => {
    if (toggle) {
      toggle.hidden = false;
      toggle.textContent = off ? "Tuşları aç" : "Tuşları kapat";
    }
    for (const hint of document.querySelectorAll("[data-needs-script]")) {
      hint.hidden = off;
    }
  };
  toggle?.addEventListener("click", () => {
    off = !off;
    try {
      window.localStorage.setItem(OFF, off ? "1" : "");
    } catch { /* then it holds for this page */ }
    show();
  });
  show();
})();
